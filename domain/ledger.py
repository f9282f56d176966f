"""Double entry over all money that moves. Every line debits one account and credits another, so nothing can be off.

What is booked for a refund or a dispute is always the way from what is booked already to what should be: so balances do
not depend on the order in which Stripe tells of them, and the parts of partial refunds sum to the whole.
"""

from datetime import datetime
from typing import Final

from domain import connect
from domain.dispute import Dispute, DisputeStatus
from domain.money import Money
from domain.payment import LedgerLine, Payment
from domain.transaction import Disposition, Refund, Transaction

#: What Stripe holds for us (an asset).
STRIPE: Final = "stripe_balance"
#: What we owe the maker of a lot. Overdrawn: what the maker owes us.
MAKER: Final = "maker_payable"
#: What the platform keeps.
REVENUE: Final = "platform_revenue"
#: Money that came and does not pay for a lot: it goes back, or an operator decides. Never overdrawn: who has got all
#: back is owed nothing, and what a bank takes besides is our loss.
UNWANTED: Final = "buyer_refundable"
#: What Stripe keeps for its work (an expense).
FEES: Final = "stripe_fees"
#: What buyers' banks have taken while they decide (an asset).
DISPUTED: Final = "disputed_funds"
#: What Stripe keeps for disputes, won or lost (an expense).
DISPUTE_FEES: Final = "dispute_fees"
#: What disputes have cost the platform for good (an expense).
LOSSES: Final = "dispute_losses"


def book_payment(payment: Payment, transaction: Transaction, at: datetime) -> None:
    """Money that pays for the lot: the maker's part and the platform's. On Connect the maker has their part at once."""
    maker, platform = shares(transaction, transaction.amount_minor)
    cause = f"payment:{transaction.stripe_payment_intent_id}"
    _book(payment, cause, (STRIPE, MAKER), maker, at)
    _book(payment, cause, (STRIPE, REVENUE), platform, at)
    _book_transfer(payment, transaction, at)


def book_unwanted(payment: Payment, transaction: Transaction, at: datetime) -> None:
    """Money that came late, twice, or in another amount. On Connect the maker has got a part of it all the same."""
    amount = Money(transaction.currency, transaction.amount_minor)
    _book(payment, f"payment:{transaction.stripe_payment_intent_id}", (STRIPE, UNWANTED), amount, at)
    _book_transfer(payment, transaction, at)


def book_release(payment: Payment, transaction: Transaction, at: datetime) -> None:
    """Unwanted money that pays for the lot after all. Its `platform_fee_minor` and disposition are set already.

    What went back of it meanwhile stays where it was booked; what disputes have lost of it is our loss from now on.
    Booked once: money is released once.
    """
    cause = f"release:{transaction.stripe_payment_intent_id}"
    whole, gone = shares(transaction, transaction.amount_minor), shares(transaction, transaction.refunded_minor)
    _book(payment, cause, (UNWANTED, MAKER), _less(whole[0], gone[0]), at)
    _book(payment, cause, (UNWANTED, REVENUE), _less(whole[1], gone[1]), at)
    lost = _lost_of(payment, transaction)
    lost -= _beyond(transaction, transaction.refunded_minor, lost)  # That is our loss already.
    _book(payment, cause, (LOSSES, UNWANTED), Money(transaction.currency, lost), at)


def book_fee(payment: Payment, transaction: Transaction, fee: Money, at: datetime) -> None:
    """What Stripe kept, in its settlement currency."""
    _book(payment, f"fee:{transaction.stripe_payment_intent_id}", (FEES, STRIPE), fee, at)


def book_reversal(payment: Payment, transaction: Transaction, refund: Refund, at: datetime) -> None:
    """The maker's account gives its part of a refund back, less the platform's fee. Sets the refund's `reversed_minor`.

    It stays given back even if the refund fails: then we owe it to the maker.
    """
    before = connect.reversed_before(payment.refunds, transaction)
    after = min(before + refund.amount_minor, transaction.amount_minor)
    fee = Money(transaction.currency, transaction.amount_minor - transaction.transferred_minor)
    kept = fee.part(after, transaction.amount_minor).minor - fee.part(before, transaction.amount_minor).minor
    refund.reversed_minor = after - before - kept
    amount = Money(transaction.currency, refund.reversed_minor)
    _book(payment, f"reversal:{refund.id}", (STRIPE, MAKER), amount, at)


def book_refund(payment: Payment, transaction: Transaction, refund: Refund, at: datetime) -> None:
    """Money that has gone back. The transaction's `refunded_minor` has it already."""
    _book_returned(payment, f"refund:{refund.id}", transaction, transaction.refunded_minor - refund.amount_minor, at)


def book_returned_refund(payment: Payment, transaction: Transaction, refund: Refund, at: datetime) -> None:
    """A refund that failed after all: Stripe has the money again. `refunded_minor` is without it already."""
    cause = f"refund_returned:{refund.id}"
    _book_returned(payment, cause, transaction, transaction.refunded_minor + refund.amount_minor, at)


def book_dispute(payment: Payment, transaction: Transaction, dispute: Dispute, fee: Money | None, at: datetime) -> None:
    """What a dispute has moved and is not booked yet; brings its `lost_minor` and its fee up to date.

    Args:
        payment: whose books they are.
        transaction: the money that is disputed.
        dispute: as it stands now.
        fee: all that Stripe has kept for it by now; None where that is not told.
        at: when it is booked.
    """
    _book_fee_of(payment, dispute, fee, at)
    lost = dispute.withdrawn_minor - dispute.reinstated_minor if dispute.status is DisputeStatus.LOST else 0
    step = ours = lost - dispute.lost_minor
    if transaction.disposition is not Disposition.KEPT:
        # Unwanted money is back with its buyer then, which we owed them anyway, as far as they had not got it back.
        gone, before = transaction.refunded_minor, _lost_of(payment, transaction)
        ours = _beyond(transaction, gone, before + step) - _beyond(transaction, gone, before)
    _step(payment, dispute, (UNWANTED, DISPUTED), Money(dispute.currency, step - ours), at)
    _step(payment, dispute, (LOSSES, DISPUTED), Money(dispute.currency, ours), at)
    dispute.lost_minor = lost


def book_moved(payment: Payment, dispute: Dispute, taken: Money, given: Money, at: datetime) -> None:
    """What the bank has taken in all by now, and given back in all: of a dispute won in part, only that part."""
    _step(payment, dispute, (DISPUTED, STRIPE), Money(taken.currency, taken.minor - dispute.withdrawn_minor), at)
    _step(payment, dispute, (STRIPE, DISPUTED), Money(given.currency, given.minor - dispute.reinstated_minor), at)
    dispute.withdrawn_minor, dispute.reinstated_minor = taken.minor, given.minor


def shares(transaction: Transaction, part_minor: int) -> tuple[Money, Money]:
    """The maker's and the platform's share of a part of the money. What parts add makes the shares of the whole."""
    fee = Money(transaction.currency, transaction.platform_fee_minor).part(part_minor, transaction.amount_minor)
    return Money(transaction.currency, part_minor - fee.minor), fee


def _book_transfer(payment: Payment, transaction: Transaction, at: datetime) -> None:
    amount = Money(transaction.currency, transaction.transferred_minor)
    _book(payment, f"transfer:{transaction.stripe_payment_intent_id}", (MAKER, STRIPE), amount, at)


def _book_returned(payment: Payment, cause: str, transaction: Transaction, before: int, at: datetime) -> None:
    """Book the way from `before`, gone back in all, to what has gone back now."""
    now = transaction.refunded_minor
    if transaction.disposition is not Disposition.KEPT:
        lost = _lost_of(payment, transaction)
        ours = _beyond(transaction, now, lost) - _beyond(transaction, before, lost)
        _book(payment, cause, (UNWANTED, STRIPE), Money(transaction.currency, now - before - ours), at)
        _book(payment, cause, (LOSSES, STRIPE), Money(transaction.currency, ours), at)
        return
    old, new = shares(transaction, before), shares(transaction, now)
    _book(payment, cause, (MAKER, STRIPE), _less(new[0], old[0]), at)
    _book(payment, cause, (REVENUE, STRIPE), _less(new[1], old[1]), at)


def _lost_of(payment: Payment, transaction: Transaction) -> int:
    return sum(one.lost_minor for one in payment.disputes if one.transaction_id == transaction.id)


def _beyond(transaction: Transaction, refunded_minor: int, lost_minor: int) -> int:
    """Minor units that refunds and banks have taken in all beyond what came."""
    return max(0, refunded_minor + lost_minor - transaction.amount_minor)


def _book_fee_of(payment: Payment, dispute: Dispute, fee: Money | None, at: datetime) -> None:
    if fee is None:
        return
    _step(payment, dispute, (DISPUTE_FEES, STRIPE), Money(fee.currency, fee.minor - dispute.fee_minor), at)
    dispute.fee_minor, dispute.fee_currency = fee.minor, fee.currency


def _step(payment: Payment, dispute: Dispute, accounts: tuple[str, str], amount: Money, at: datetime) -> None:
    if amount.minor:
        dispute.bookings += 1
        _book(payment, f"dispute:{dispute.stripe_dispute_id}:{dispute.bookings}", accounts, amount, at)


def _book(payment: Payment, cause: str, accounts: tuple[str, str], amount: Money, at: datetime) -> None:
    """Book one line, debit first; a negative amount goes the other way, and nothing is no line."""
    debit, credit = accounts
    if amount.minor < 0:
        debit, credit, amount = credit, debit, Money(amount.currency, -amount.minor)
    if amount.minor:
        line = 1 + sum(one.cause == cause for one in payment.ledger)
        payment.ledger.append(LedgerLine(cause, line, debit, credit, amount, at))


def _less(one: Money, other: Money) -> Money:
    return Money(one.currency, one.minor - other.minor)
