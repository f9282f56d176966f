"""What a buyer who has paid is shown: how, when, and the receipt."""

from dataclasses import dataclass

from markupsafe import Markup

from console.pages.languages import Language
from console.pages.moments import moment
from console.pages.words import Words
from domain.money import Money
from domain.payment import Payment
from domain.transaction import Transaction


@dataclass(frozen=True, slots=True)
class ShownReceipt:
    """A receipt that can be downloaded."""

    number: str
    #: Needs no token, and ends.
    url: str


@dataclass(frozen=True, slots=True)
class Paid:
    """The lines under a paid lot."""

    receipt: ShownReceipt | None
    lines: tuple[tuple[str, str | Markup], ...]
    total: str


def paid(payment: Payment, receipt: ShownReceipt | None, words: Words, language: Language) -> Paid | None:
    """Put the lines together; None while nothing is kept."""
    money, labels = payment.kept_transaction, words.labels
    if money is None:
        return None
    lines = [
        (labels["paid_with"], _method(money, words)),
        (labels["paid_on"], moment(money.paid_at, language)),
        (labels["receipt_number"], receipt.number if receipt else None),
        (
            labels["sent_back"],
            language.money(Money(money.currency, money.refunded_minor)) if money.refunded_minor else None,
        ),
    ]
    total = language.money(Money(money.currency, money.amount_minor))
    return Paid(receipt, tuple((label, text) for label, text in lines if text), total)


def _method(money: Transaction, words: Words) -> str | None:
    brand = (money.method_brand or money.method_type or "").replace("_", " ")
    brand = brand[:1].upper() + brand[1:]
    if brand and money.method_last4:
        return words.labels["ending_in"].format(brand=brand, last4=money.method_last4)
    return brand or None
