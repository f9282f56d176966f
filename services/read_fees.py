"""Learn what Stripe kept of each payment: a hundred in one call, when Stripe has booked them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from domain.clock import Clock
from domain.fees import WAITED, WORTH_A_CALL
from domain.ledger import book_fee
from domain.payment import Payment
from gateways.stripe.gateway import Booking, PaymentGateway
from models.unit_of_work import Begin

_BATCH: Final = 100


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
        oldest = min(created_at for created_at, _ in missing)
        now = self.now()
        if not at_once and len(missing) < WORTH_A_CALL and now - oldest < WAITED:
            return 0
        # Stripe books some time after it took the money.
        bookings = self.stripe.bookings(created_from=oldest - timedelta(minutes=1), created_to=now)
        return self._fill(bookings)

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
