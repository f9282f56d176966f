"""What a buyer who has paid is shown: how, when, and the receipt."""

from dataclasses import dataclass
from uuid import UUID

from markupsafe import Markup

from console.pages.languages import Language
from console.pages.moments import moment
from console.pages.words import Words
from domain.money import Money
from domain.payment import Payment
from domain.transaction import Transaction
from runtime.app import App


@dataclass(frozen=True, slots=True)
class ShownReceipt:
    """A receipt that can be downloaded."""

    number: str


@dataclass(frozen=True, slots=True)
class Paid:
    """The lines under a paid lot."""

    receipt: ShownReceipt | None
    lines: tuple[tuple[str, str | Markup], ...]
    total: str


def receipt_of(app: App, session_id: UUID) -> ShownReceipt | None:
    """The receipt of a payment; None until it can be downloaded."""
    found = app.receipts.view.receipt_of(session_id)
    if found is None or found.receipt.number is None or found.download_url is None:
        return None
    return ShownReceipt(found.receipt.number)


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
