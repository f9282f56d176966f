"""Stripe's snapshot events and objects, read into facts. A status that this release does not know is never guessed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from domain.dispute import DisputeStatus
from domain.errors import UnknownProviderStatus
from domain.facts import (
    ActionRequired,
    ChargeJudged,
    ChargeReported,
    Closed,
    Declined,
    DisputeReported,
    Fact,
    FraudWarned,
    Irrelevant,
    Judgment,
    Paid,
    Processing,
    RefundReported,
    ReviewClosed,
    ReviewOpened,
    Where,
)
from domain.ids import SessionId
from domain.money import Money
from domain.transaction import RefundStatus

Document = Mapping[str, Any]

_REFUND_STATUS: Final = {
    "pending": RefundStatus.PENDING,
    "requires_action": RefundStatus.PENDING,
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.CANCELED,
}
_REVIEW_ENDS: Final = frozenset(
    "approved refunded refunded_as_fraud disputed redacted canceled payment_never_settled acknowledged".split()
)


def read_event(event: Document) -> Fact:
    """Read one event into the fact that it tells."""
    read = _READERS.get(event["type"])
    at, document = moment(event["created"]), event["data"]["object"]
    return Irrelevant(at=at, where=where(document)) if read is None else read(document, at)


def where(document: Document) -> Where:
    """Which payment an object belongs to, as far as it tells."""
    metadata = document.get("metadata") or {}
    kind, own_id = document.get("object"), document.get("id")
    attempt = str(metadata.get("attempt", ""))
    return Where(
        session_id=session_id_in(document),
        attempt_no=int(attempt) if attempt.isdecimal() else None,
        checkout_id=own_id if kind == "checkout.session" else None,
        payment_intent_id=own_id if kind == "payment_intent" else _id(document.get("payment_intent")),
        charge_id=own_id if kind == "charge" else _id(document.get("latest_charge") or document.get("charge")),
    )


def session_id_in(document: Document) -> SessionId | None:
    """Our own session's id in an object's metadata, if it is one."""
    try:
        return SessionId(UUID((document.get("metadata") or {})["payment_session_id"]))
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def moment(timestamp: int) -> datetime:
    """Stripe's whole seconds as an aware time.

    Raises:
        TypeError, ValueError: it is none, or none that a calendar has.
    """
    try:
        return datetime.fromtimestamp(timestamp, UTC)
    except (OverflowError, OSError):
        raise ValueError("it is no time that a calendar has") from None


def checkout_fact(session: Document, at: datetime) -> Fact | None:
    """What a Checkout Session says of itself; None while it waits for its buyer."""
    match session["status"], session["payment_status"]:
        case "open", _:
            return None
        case "expired", _:
            return Closed(at=at, where=where(session))
        case "complete", "paid":
            return _checkout_paid(session, at)
        case "complete", "unpaid":
            return Processing(at=at, where=where(session))
        case other:
            raise UnknownProviderStatus(f"Checkout Session {session['id']} is {other}")


def intent_fact(intent: Document, at: datetime) -> Fact | None:
    """What a payment intent says of itself; None while it waits for its buyer."""
    match intent["status"]:
        case "succeeded":
            return _intent_paid(intent, at)
        case "processing" | "requires_capture":
            return Processing(at=at, where=where(intent))
        case "canceled":
            return Closed(at=at, where=where(intent))
        case "requires_payment_method" | "requires_confirmation" | "requires_action":
            return None
        case other:
            raise UnknownProviderStatus(f"payment intent {intent['id']} is {other}")


def refund_fact(refund: Document, at: datetime) -> RefundReported:
    """What a refund says of itself."""
    status = _REFUND_STATUS.get(refund["status"])
    if status is None:
        raise UnknownProviderStatus(f"refund {refund['id']} is {refund['status']}")
    return RefundReported(
        at=at,
        where=where(refund),
        stripe_refund_id=refund["id"],
        refund_id=(refund.get("metadata") or {}).get("refund_id"),
        amount=_money(refund["amount"], refund["currency"]),
        status=status,
        failure_reason=refund.get("failure_reason"),
        reversed_transfer=refund.get("transfer_reversal") is not None,
    )


def dispute_fact(dispute: Document, at: datetime) -> DisputeReported:
    """What a dispute says of itself, and by the movements that it lists, of the money."""
    try:
        status = DisputeStatus(dispute["status"])
    except ValueError:
        raise UnknownProviderStatus(f"dispute {dispute['id']} is {dispute['status']}") from None
    moved = moved_for(dispute)
    due = (dispute.get("evidence_details") or {}).get("due_by")
    return DisputeReported(
        at=at,
        where=where(dispute),
        stripe_dispute_id=dispute["id"],
        amount=_money(dispute["amount"], dispute["currency"]),
        status=status,
        reason=dispute["reason"],
        opened_at=moment(dispute["created"]),
        evidence_due_at=None if due is None else moment(due),
        moved=tuple(_money(one["amount"], one["currency"]) for one in moved),
        fee=_money(sum(one["fee"] for one in moved), moved[0]["currency"]) if moved else None,
    )


def moved_for(dispute: Document) -> Sequence[Document]:
    """The movements that a dispute lists, oldest first."""
    return sorted(dispute.get("balance_transactions") or (), key=lambda one: one["created"])


def _checkout_completed(session: Document, at: datetime) -> Fact:
    fact = checkout_fact(session, at)
    if fact is None:
        raise UnknownProviderStatus(f"Checkout Session {session['id']} completed, and is {session['status']}")
    return fact


def _checkout_paid(session: Document, at: datetime) -> Paid:
    return Paid(at=at, where=where(session), amount=_money(session["amount_total"], session["currency"]))


def _checkout_paid_at_last(session: Document, at: datetime) -> Paid:
    # It could only be confirmed while it was open, so that was before its own end.
    return Paid(
        at=at,
        where=where(session),
        amount=_money(session["amount_total"], session["currency"]),
        confirmed_by=moment(session["expires_at"]),
    )


def _checkout_failed_at_last(session: Document, at: datetime) -> Declined:
    return Declined(at=at, where=where(session), code="delayed_payment_failed", closes=True)


def _intent_paid(intent: Document, at: datetime) -> Paid:
    return Paid(
        at=at,
        where=where(intent),
        amount=_money(intent["amount_received"], intent["currency"]),
        review_id=_id(intent.get("review")),
    )


def _intent_declined(intent: Document, at: datetime) -> Declined:
    return Declined(at=at, where=where(intent), code=decline_code(intent))


def decline_code(intent: Document) -> str:
    """Why the last try to pay a payment intent failed."""
    error = intent.get("last_payment_error") or {}
    return str(error.get("decline_code") or error.get("code") or "generic_decline")


def charge_fact(charge: Document, at: datetime) -> Fact:
    """What a charge says of itself."""
    if charge["status"] != "succeeded":
        return _charge_failed(charge, at)
    details = charge.get("payment_method_details") or {}
    method = details.get("type")
    card = details.get(method) or {}
    return ChargeReported(
        at=at,
        where=where(charge),
        balance_transaction_id=_id(charge.get("balance_transaction")),
        method_type=method,
        method_brand=card.get("brand"),
        method_last4=card.get("last4"),
        authentication=(card.get("three_d_secure") or {}).get("result"),
        method_exp_month=card.get("exp_month"),
        method_exp_year=card.get("exp_year"),
        stripe_payment_method_id=_id(charge.get("payment_method")),
        judgment=_judgment(charge),
        review_id=_id(charge.get("review")),
    )


def _charge_failed(charge: Document, at: datetime) -> Fact:
    judgment = _judgment(charge) if charge["status"] == "failed" else None
    if judgment is None:
        return Irrelevant(at=at, where=where(charge))
    return ChargeJudged(at=at, where=where(charge), judgment=judgment)


def _judgment(charge: Document) -> Judgment | None:
    outcome = charge.get("outcome")
    if outcome is None:
        return None
    return Judgment(outcome.get("risk_level"), outcome.get("risk_score"), outcome.get("type"))


def _review_closed(review: Document, at: datetime) -> ReviewClosed:
    reason = review["closed_reason"]
    if reason not in _REVIEW_ENDS:
        raise UnknownProviderStatus(f"review {review['id']} was closed as {reason}")
    return ReviewClosed(at=at, where=where(review), review_id=review["id"], reason=reason)


def _fraud_warning(warning: Document, at: datetime) -> FraudWarned:
    return FraudWarned(
        at=at,
        where=where(warning),
        warning_id=warning["id"],
        fraud_type=warning["fraud_type"],
        actionable=bool(warning["actionable"]),
    )


def _money(amount: object, currency: str) -> Money:
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise TypeError("an amount is a whole number of minor units")
    return Money(currency.upper(), amount)


def _id(reference: Any) -> str | None:
    """A reference is an id, or the object itself where it was expanded."""
    found = reference["id"] if isinstance(reference, Mapping) else reference
    return None if found is None else str(found)


_READERS: Final[Mapping[str, Callable[[Document, datetime], Fact]]] = {
    "checkout.session.completed": _checkout_completed,
    "checkout.session.expired": lambda session, at: Closed(at=at, where=where(session)),
    "checkout.session.async_payment_succeeded": _checkout_paid_at_last,
    "checkout.session.async_payment_failed": _checkout_failed_at_last,
    "payment_intent.succeeded": _intent_paid,
    "payment_intent.payment_failed": _intent_declined,
    "payment_intent.processing": lambda intent, at: Processing(at=at, where=where(intent)),
    "payment_intent.requires_action": lambda intent, at: ActionRequired(at=at, where=where(intent)),
    "payment_intent.canceled": lambda intent, at: Closed(at=at, where=where(intent)),
    "charge.succeeded": charge_fact,
    "charge.updated": charge_fact,
    "charge.failed": charge_fact,
    "review.opened": lambda review, at: ReviewOpened(at=at, where=where(review), review_id=review["id"]),
    "review.closed": _review_closed,
    "radar.early_fraud_warning.created": _fraud_warning,
    "radar.early_fraud_warning.updated": _fraud_warning,
    "refund.created": refund_fact,
    "refund.updated": refund_fact,
    "refund.failed": refund_fact,
    "charge.dispute.created": dispute_fact,
    "charge.dispute.updated": dispute_fact,
    "charge.dispute.funds_withdrawn": dispute_fact,
    "charge.dispute.funds_reinstated": dispute_fact,
    "charge.dispute.closed": dispute_fact,
}

#: Types that move a payment. Others are stored for review.
HANDLED: Final = frozenset(_READERS)
