"""What analytics hear of a payment: five events, and nothing about persons."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from domain.attempt import AttemptCause
from domain.money import Money
from domain.payment import Note
from domain.policies import Policy
from domain.retries import attempts_left
from domain.session import PaymentSession


@dataclass(frozen=True, slots=True)
class Tracked:
    """One event for analytics."""

    #: The same for the same note of the same payment, so that a repeat is recognisable.
    message_id: str
    #: Whose it is: the payment's id. There is no user: buyers are none of analytics' business.
    subject: str
    event: str
    at: datetime
    properties: Mapping[str, Any]


Policies = Mapping[str, Policy]
_More = Callable[[PaymentSession, Note, Policies], dict[str, Any] | None]


def _completed(_session: PaymentSession, note: Note, _policies: Policies) -> dict[str, Any]:
    """What came: another amount than was asked, where a person has accepted that."""
    return _amount(Money(note.data["currency"], note.data["amount_minor"]))


def _amount(amount: Money) -> dict[str, Any]:
    return {
        "amount": str(amount.major),
        "currency": amount.currency,
        # What another currency is worth in dollars is not ours to say.
        "amount_usd": float(amount.major) if amount.currency == "USD" else None,
    }


def _started(_session: PaymentSession, note: Note, _policies: Policies) -> dict[str, Any] | None:
    return {} if note.data.get("cause") == AttemptCause.FIRST else None


def _expired(session: PaymentSession, note: Note, policies: Policies) -> dict[str, Any]:
    left = attempts_left(session, policies[session.policy])
    return {"reason": note.data.get("reason"), "retryEligible": left is None or left > 0}


def _receipt(_session: PaymentSession, note: Note, _policies: Policies) -> dict[str, Any]:
    return {"receipt_number": note.data.get("number"), "document_kind": note.data.get("kind")}


def _nothing_more(_session: PaymentSession, _note: Note, _policies: Policies) -> dict[str, Any]:
    return {}


#: Which note about a payment is which event, and what is told beside what all tell; None: it is not told.
EVENTS: Final[Mapping[str, tuple[str, _More]]] = {
    "checkout_created": ("payments.checkout.started", _started),
    "checkout_completed": ("payments.checkout.completed", _completed),
    "payment_expired": ("payments.checkout.expired", _expired),
    "retry_initiated": ("payments.retry.initiated", _nothing_more),
    "receipt_issued": ("payments.receipt.generated", _receipt),
}


def tracked(noted: Sequence[tuple[PaymentSession, Note]], policies: Policies) -> Iterator[Tracked]:
    """What analytics are told of what one transaction noted, in order."""
    for _, group in groupby(noted, key=lambda one: id(one[0])):
        pairs = list(group)
        first = pairs[0][0].audit_seq - len(pairs) + 1
        for seq, (session, note) in enumerate(pairs, first):
            yield from _told(session, note, seq, policies)


def _told(session: PaymentSession, note: Note, seq: int, policies: Policies) -> Iterable[Tracked]:
    known = EVENTS.get(note.action)
    more = None if known is None else known[1](session, note, policies)
    if known is None or more is None:
        return
    properties = {
        "payment_session_id": str(session.id),
        "auction_id": session.auction_id,
        "policy": session.policy,
        **_amount(session.amount),
        "retry_count": session.retry_count,
    }
    subject = str(session.id)
    yield Tracked(f"{subject}:{seq}", subject, known[0], note.at, properties | more)
