"""Makers who have a Stripe account of their own get their part at once: a destination charge with our fee (Connect)."""

from domain.attempt import CheckoutAttempt
from domain.money import Money
from domain.session import PaymentSession
from domain.transaction import Refund, RefundStatus, Transaction


def agree(attempt: CheckoutAttempt, session: PaymentSession, platform_fee_basis_points: int) -> None:
    """Settle where an attempt's money goes, before Stripe is asked for the first time. Stripe caps the fee likewise."""
    if session.maker_stripe_account is not None:
        fee = min(session.amount, session.amount.share(platform_fee_basis_points))
        attempt.destination, attempt.application_fee_minor = session.maker_stripe_account, fee.minor


def pass_on(transaction: Transaction, attempt: CheckoutAttempt) -> None:
    """Record what Stripe passed on to the maker, whatever the money turns out to be worth to us."""
    if attempt.destination is not None:
        fee = min(attempt.application_fee_minor or 0, transaction.amount_minor)
        transaction.destination = attempt.destination
        transaction.transferred_minor = transaction.amount_minor - fee


def platform_fee(transaction: Transaction, platform_fee_basis_points: int) -> int:
    """What the platform keeps of money that pays for the lot, in minor units: on Connect, what was agreed with it."""
    if transaction.destination is not None:
        return transaction.amount_minor - transaction.transferred_minor
    return Money(transaction.currency, transaction.amount_minor).share(platform_fee_basis_points).minor


def reversed_before(refunds: list[Refund], transaction: Transaction) -> int:
    """Amounts of refunds, in minor units, for which the maker's account has given its part back."""
    return sum(
        one.amount_minor for one in refunds if one.transaction_id == transaction.id and one.reversed_minor is not None
    )


def taken_back_in_vain(refunds: list[Refund], transaction: Transaction) -> int:
    """Amounts, in minor units, that were taken back for refunds that failed, and are not used by another one yet.

    Stripe does not give them back to the maker by itself, so the next refund need not take them again.
    """
    in_vain = 0
    for one in refunds:
        if one.transaction_id != transaction.id:
            continue
        came_to_nothing = one.status in (RefundStatus.FAILED, RefundStatus.CANCELED)
        if came_to_nothing and one.reversed_minor is not None:
            in_vain += one.amount_minor
        elif not came_to_nothing and one.reversed_minor is None and not one.reverses_transfer:
            in_vain -= one.amount_minor
    return max(0, in_vain)
