"""Learn what Stripe kept of each payment: a hundred in one call, when Stripe has booked them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from domain.clock import Clock
from domain.errors import GatewayRefused
from domain.fees import WAITED, WORTH_A_CALL
from domain.ledger import book_fee
from domain.payment import Payment
from domain.transaction import Transaction
from gateways.stripe.gateway import Booking, PaymentGateway
from models.unit_of_work import Begin

_BATCH: Final = 100
#: How far apart Stripe may have booked money and told of it.
_AROUND: Final = timedelta(minutes=1)
#: Fees that are read one by one at most, in one turn.
_SINGLY: Final = 10


@dataclass(frozen=True, slots=True)
class ReadFees:
    """Fill in the fees of payments that Stripe has booked by now."""

    begin: Begin
    stripe: PaymentGateway
    now: Clock

    def __call__(self, *, at_once: bool = False) -> int:
        """Read one batch of fees, if it is worth a call; returns how many were filled in."""
        with self.begin() as uow:
            missing = uow.payments.fees_missing(_BATCH)
        if not missing:
            return 0
        oldest = min(one.paid_at for one in missing)
        now = self.now()
        if not at_once and len(missing) < WORTH_A_CALL and now - oldest < WAITED:
            return 0
        # Not until now: after days of silence the list of all that came since would have no end.
        newest = max(one.paid_at for one in missing)
        bookings = self.stripe.bookings(created_from=oldest - _AROUND, created_to=min(now, newest + _AROUND))
        listed = {booking.charge_id for booking in bookings}
        unlisted = [one for one in missing if one.stripe_charge_id not in listed]
        return self._fill(bookings) + sum(self._read_one(one) for one in unlisted[:_SINGLY])

    def _read_one(self, transaction: Transaction) -> int:
        """Read a fee that the list does not show: it is booked at another time, or not at all.

        It must not stay as it is: the list would begin with it for ever, and grow by the day.
        """
        known_as = transaction.stripe_balance_transaction_id or ""
        try:
            booking = self.stripe.booking(known_as)
        except GatewayRefused as refusal:
            self._forget(transaction, refusal)
            return 0
        return self._fill([replace(booking, charge_id=transaction.stripe_charge_id or "")])

    def _forget(self, transaction: Transaction, refusal: GatewayRefused) -> None:
        """Stripe knows nothing under this number. It may name another one in a later event."""
        with self.begin() as uow:
            payment = uow.payments.lock_one(transaction.session_id)
            mine = next((one for one in payment.transactions if one.id == transaction.id), None) if payment else None
            if payment is None or mine is None or mine.stripe_fee_minor is not None:
                return
            lost, mine.stripe_balance_transaction_id = mine.stripe_balance_transaction_id, None
            payment.note("fee_not_found", self.now(), transaction=str(mine.id), booking=lost, error=str(refusal)[:300])

    def _fill(self, bookings: Sequence[Booking]) -> int:
        filled = 0
        with self.begin() as uow:
            owners = uow.inbox.sessions_of([], [booking.charge_id for booking in bookings])
            by_session: dict[UUID, list[Booking]] = defaultdict(list)
            for booking in bookings:
                if booking.charge_id in owners:
                    by_session[owners[booking.charge_id]].append(booking)
            payments = uow.payments.lock(by_session)
            for session_id, mine in by_session.items():
                filled += sum(self._fill_one(payments[session_id], booking) for booking in mine)
        return filled

    def _fill_one(self, payment: Payment, booking: Booking) -> bool:
        transaction = next(one for one in payment.transactions if one.stripe_charge_id == booking.charge_id)
        if transaction.stripe_fee_minor is not None:
            return False
        now = self.now()
        transaction.stripe_balance_transaction_id = booking.balance_transaction_id
        transaction.stripe_fee_minor, transaction.net_minor = booking.fee.minor, booking.net.minor
        transaction.settlement_currency = booking.fee.currency
        book_fee(payment, transaction, booking.fee, now)
        payment.note("fee_recorded", now, transaction=str(transaction.id), fee=str(booking.fee))
        return True
