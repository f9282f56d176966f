"""All that stands on a page, worked out: the template places it and computes nothing."""

from dataclasses import dataclass
from datetime import UTC
from typing import Final, TypeAlias

from babel.dates import format_datetime
from babel.numbers import format_decimal

from domain.documents import Document, DocumentKind, House
from domain.money import Money, exponent_of
from gateways.paper import rooms
from gateways.paper.fitting import Line, Room
from gateways.paper.lettering import printable
from gateways.paper.methods import as_beginning, called
from gateways.paper.wording import Wording

Lines: TypeAlias = tuple[Line, ...]
#: An en dash: Helvetica has no minus sign, and a hyphen is too short for one.
_MINUS: Final = "\u2013"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A receipt or a credit note as it is read. An empty field is left out."""

    receipt: bool
    language: str
    #: For the file's own title, author and subject.
    heading: str
    author: str
    subject: str
    house: Lines
    house_lines: Lines
    number: Lines
    buyer: Lines
    buyer_lines: Lines
    maker: Lines
    maker_lines: Lines
    date: Lines
    time: Lines
    currency: str
    lot: Lines
    title: Lines
    cause: Lines
    price: Lines
    fees: Lines
    total: Lines
    state: Lines
    method: Lines
    reference: Lines
    session: Lines
    note: Lines
    foot: str


def page(document: Document, wording: Wording) -> Page:
    """What stands on a document's page."""
    receipt = document.kind is DocumentKind.RECEIPT
    standing = "full" if receipt or document.in_full else "rest" if document.rest else "part"
    #: A receipt stands for itself; a credit note names its receipt, where there is one.
    linked = receipt or document.cancels is not None
    names = {
        "auction": printable(document.auction_id),
        "cancels": document.cancels or "",
        "house": printable(document.house.name),
        "lot": printable(document.lot or ""),
    }
    payment = wording.say("payment", reference=document.reference)
    buyer, buyer_lines = _party(
        rooms.BUYER, document.buyer.name, document.buyer.email, wording.say("buyer_number", id=document.buyer.id)
    )
    # A maker's address is nothing that a buyer should get from us.
    maker, maker_lines = _party(rooms.MAKER, document.maker.name, wording.say("maker_number", id=document.maker.id))
    return Page(
        receipt=receipt,
        language=wording.language,
        heading=f"{wording.words['name']} {document.number}",
        author=names["house"],
        subject=payment,
        house=rooms.HOUSE.fit(document.house.name),
        house_lines=_house_lines(document.house),
        number=rooms.NUMBER.fit(document.number),
        buyer=buyer,
        buyer_lines=buyer_lines,
        maker=maker,
        maker_lines=maker_lines,
        date=rooms.DATE.fit(_moment(document, wording, "date")),
        time=rooms.DATE.fit(_moment(document, wording, "time")),
        currency=document.total.currency,
        lot=rooms.LOT.fit(document.lot),
        title=rooms.TITLE.fit(document.title) or rooms.TITLE.fit(_untitled(names, wording)),
        cause=rooms.CAUSE.fit(wording.say("cause" if linked else "cause_alone", **names)),
        price=rooms.AMOUNT.fit(_amount(document.price, wording, receipt=receipt)),
        fees=_fees(document, wording),
        total=rooms.TOTAL.fit(_amount(document.total, wording, receipt=receipt)),
        state=rooms.STATE.fit(wording.words[standing]),
        method=rooms.METHOD.fit(_method(document, wording)),
        reference=rooms.REFERENCE.fit(payment),
        session=rooms.SESSION.fit(str(document.session_id)),
        note=rooms.NOTE.fit(wording.say(f"note_{standing}" if linked else "note_alone", **names)),
        foot=f"{document.number} · {wording.say('template', version=document.template_version)}",
    )


def _party(room: Room, *known: str | None) -> tuple[Lines, Lines]:
    """Who somebody is: the best that we know, and the rest of it."""
    first, *rest = filter(None, map(room.fit, known))
    return first, tuple(line for lines in rest for line in lines)


def _house_lines(house: House) -> Lines:
    known = (*house.address, house.email)
    return tuple(line for text in known for line in rooms.HOUSE_LINE.fit(text))[: rooms.HOUSE_LINES]


def _untitled(names: dict[str, str], wording: Wording) -> str:
    return wording.say("untitled_lot" if names["lot"] else "untitled", **names)


def _fees(document: Document, wording: Wording) -> Lines:
    """A receipt tells that there were none; a credit note is silent of them."""
    receipt = document.kind is DocumentKind.RECEIPT
    if not receipt and not document.fees.minor:
        return ()
    return rooms.AMOUNT.fit(_amount(document.fees, wording, receipt=receipt))


def _method(document: Document, wording: Wording) -> str:
    if document.paid_with is None:
        return wording.words["method_unknown"]
    return as_beginning(wording.say("method", method=called(document.paid_with, wording)))


def _moment(document: Document, wording: Wording, form: str) -> str:
    at = document.at.astimezone(UTC)
    return format_datetime(at, wording.words[form], tzinfo=UTC, locale=wording.language)


def _amount(money: Money, wording: Wording, *, receipt: bool) -> str:
    """Digits as the language groups them, with the decimals that the currency has. What goes back is negative."""
    places = exponent_of(money.currency)
    digits = format_decimal(money.major, "#,##0" + ("." + "0" * places if places else ""), locale=wording.language)
    return digits if receipt or not money.minor else f"{_MINUS}{digits}"
