"""Stripe's balance transactions, read into movements."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from domain.errors import GavelpayError
from domain.facts import Fact
from domain.money import Money
from domain.movements import Kind, Movement, Outcome
from gateways.stripe.events import charge_fact, dispute_fact, moment, moved_for, refund_fact, where

Document = Mapping[str, Any]

_KINDS: Final = {
    "charge": Kind.CHARGE,
    "payment": Kind.CHARGE,
    "refund": Kind.REFUND,
    "payment_refund": Kind.REFUND,
    "refund_failure": Kind.REFUND_RETURNED,
    "payment_failure_refund": Kind.CHARGE_FAILED,
    "payment_reversal": Kind.DISPUTE,
}


def movement(document: Document) -> Movement:
    """A balance transaction, with its source expanded."""
    source = document.get("source")
    behind: Document = source if isinstance(source, Mapping) else {}
    place = where(behind)
    original = behind.get("amount_captured", behind.get("amount"))
    known = isinstance(original, int) and "currency" in behind
    return Movement(
        id=document["id"],
        kind=_kind(document, behind),
        type=document["type"],
        at=moment(document["created"]),
        currency=document["currency"].upper(),
        amount_minor=document["amount"],
        fee_minor=document["fee"],
        net_minor=document["net"],
        source_id=behind.get("id", source),
        original=Money(behind["currency"].upper(), int(original)) if known else None,
        charge_id=place.charge_id,
        payment_intent_id=place.payment_intent_id,
        session_id=place.session_id,
        fact=_fact(behind, moment(document["created"])),
        place=_place(document, behind),
        outcome=_outcome(behind),
        is_given_back=behind.get("refunded") is True,
    )


def _kind(document: Document, behind: Document) -> Kind:
    if document["type"] == "adjustment" and behind.get("object") == "dispute":
        return Kind.DISPUTE
    return _KINDS.get(document["type"], Kind.OTHER)


def _place(document: Document, behind: Document) -> int | None:
    if behind.get("object") != "dispute":
        return None
    ids = [one["id"] for one in moved_for(behind)]
    return 1 + ids.index(document["id"]) if document["id"] in ids else None


def _outcome(behind: Document) -> Outcome:
    match behind.get("object"), behind.get("status"):
        case "charge", "pending":
            return Outcome.UNDER_WAY
        case "charge", "failed" if behind.get("failure_balance_transaction") is not None:
            return Outcome.FAILED
        case _:
            return Outcome.TAKEN


def _fact(behind: Document, moved_at: datetime) -> Fact | None:
    """What the object behind it says of itself; None where that is nothing for us, or nothing that we understand."""
    try:
        match behind.get("object"):
            case "charge":
                return charge_fact(behind, moment(behind["created"]))
            case "refund":
                return refund_fact(behind, moment(behind["created"]))
            case "dispute":
                return dispute_fact(behind, moved_at)
            case _:
                return None
    except (GavelpayError, LookupError, TypeError):
        return None  # The movement itself is still compared.
