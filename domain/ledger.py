"""Double entry over all money that moves. Every line debits one account and credits another, so nothing can be off."""

from datetime import datetime
from typing import Final

from domain.money import Money
from domain.payment import LedgerLine, Payment
from domain.transaction import Refund, Transaction

#: What Stripe holds for us (an asset).
STRIPE: Final = "stripe_balance"
#: What we owe the maker of a lot.
MAKER: Final = "maker_payable"
#: What the platform keeps.
REVENUE: Final = "platform_revenue"
#: Money that came and does not pay for a lot: it goes back, or an operator decides.
UNWANTED: Final = "buyer_refundable"
#: What Stripe keeps for its work (an expense).
FEES: Final = "stripe_fees"


def book_payment(payment: Payment, transaction: Transaction, at: datetime) -> None:
    """Money that pays for the lot: the maker's part and the platform's."""
    fee = Money(transaction.currency, transaction.platform_fee_minor)
    rest = Money(transaction.currency, transaction.amount_minor - fee.minor)
    cause = f"payment:{transaction.stripe_payment_intent_id}"
    payment.ledger.append(LedgerLine(cause, 1, STRIPE, MAKER, rest, at))
    if fee.minor:
        payment.ledger.append(LedgerLine(cause, 2, STRIPE, REVENUE, fee, at))


def book_unwanted(payment: Payment, transaction: Transaction, at: datetime) -> None:
    """Money that came late, twice, or in another amount."""
    amount = Money(transaction.currency, transaction.amount_minor)
    cause = f"payment:{transaction.stripe_payment_intent_id}"
    payment.ledger.append(LedgerLine(cause, 1, STRIPE, UNWANTED, amount, at))


def book_accepted(payment: Payment, transaction: Transaction, at: datetime) -> None:
    """Money that was held and pays for the lot after all: what has not gone back meanwhile."""
    rest = transaction.amount_minor - transaction.refunded_minor
    fee = min(transaction.platform_fee_minor, rest)
    cause = f"accepted:{transaction.stripe_payment_intent_id}"
    for line, account, minor in ((1, MAKER, rest - fee), (2, REVENUE, fee)):
        if minor:
            amount = Money(transaction.currency, minor)
            payment.ledger.append(LedgerLine(cause, line, UNWANTED, account, amount, at))


def book_fee(payment: Payment, transaction: Transaction, fee: Money, at: datetime) -> None:
    """What Stripe kept, in its settlement currency."""
    if fee.minor:
        cause = f"fee:{transaction.stripe_payment_intent_id}"
        payment.ledger.append(LedgerLine(cause, 1, FEES, STRIPE, fee, at))


def book_refund(payment: Payment, transaction: Transaction, refund: Refund, source: str, at: datetime) -> None:
    """Money that has gone back, out of the account that held it."""
    amount = Money(transaction.currency, refund.amount_minor)
    payment.ledger.append(LedgerLine(f"refund:{refund.id}", 1, source, STRIPE, amount, at))


def book_returned_refund(payment: Payment, transaction: Transaction, refund: Refund, source: str, at: datetime) -> None:
    """A refund that failed after all: Stripe has the money again."""
    amount = Money(transaction.currency, refund.amount_minor)
    payment.ledger.append(LedgerLine(f"refund_returned:{refund.id}", 1, STRIPE, source, amount, at))
