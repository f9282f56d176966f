"""What stands on a receipt or a credit note: every word and sum given, nothing to be computed by whoever prints it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from domain.ids import SessionId
from domain.money import Money
from domain.session import PaymentSession

#: The templates of this release, oldest first: one that was ever printed with stays.
TEMPLATE_VERSIONS: Final = ("2025-09-15",)


class DocumentKind(StrEnum):
    """What a document says. Each kind has its own series of numbers."""

    #: Money came and pays for a lot.
    RECEIPT = "receipt"
    #: Money went back.
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, slots=True)
class House:
    """Who issues documents and writes to people."""

    name: str
    #: Lines of its postal address.
    address: tuple[str, ...] = ()
    #: Where people ask questions.
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """A buyer or a maker, as far as we know them."""

    id: str
    name: str | None = None
    email: str | None = None

    @classmethod
    def buyer_of(cls, session: PaymentSession) -> Self:
        """The buyer; the name is what the auction has told, if it has."""
        return cls(session.buyer_id, session.metadata.get("buyer_name"), session.buyer_email)

    @classmethod
    def maker_of(cls, session: PaymentSession) -> Self:
        """The maker, likewise."""
        return cls(session.maker_id, session.metadata.get("maker_name"), session.maker_email)


@dataclass(frozen=True, slots=True)
class PaidWith:
    """How money came, as Stripe gives it: never more of a card than its last four digits."""

    type: str
    brand: str | None = None
    last4: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One receipt or credit note. Amounts are what the buyer paid or got back, and positive."""

    kind: DocumentKind
    number: str
    #: `en` or `de`.
    language: str
    template_version: str
    house: House
    buyer: Party
    maker: Party
    session_id: SessionId
    auction_id: str
    #: The lot's own number in the auction, where the auction service gave it.
    lot: str | None
    title: str | None
    #: When the money came, or went back.
    at: datetime
    #: The hammer price; on a credit note the part of it that went back.
    price: Money
    #: What the buyer pays on top.
    fees: Money
    total: Money
    paid_with: PaidWith | None
    #: The receipt that a credit note takes back, where one was issued.
    cancels: str | None = None
    #: A credit note: all that was paid has gone back.
    in_full: bool = False

    @property
    def reference(self) -> str:
        """What people quote: the last eight digits of the payment's id."""
        return str(self.session_id)[-8:].upper()
