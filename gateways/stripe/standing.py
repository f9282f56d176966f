"""How the object that a buyer pays through stands at Stripe now. It may tell what lost events would have told."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from domain.facts import Closed, Declined, Fact, Paid, Processing, Where
from gateways.stripe.answers import paid_at
from gateways.stripe.events import charge_fact, checkout_fact, decline_code, intent_fact, moment, where

Document = Mapping[str, Any]

#: How far our clock may be ahead of Stripe's: what happened after the answer must count as newer.
_APART: Final = timedelta(seconds=5)


def standing(document: Document, asked_at: datetime) -> list[Fact]:
    """What a Checkout Session or payment intent tells, with its latest charge expanded; nothing while it waits.

    Args:
        document: the object.
        asked_at: when we asked. Every event from before is contained in the answer; none from after.
    """
    now = asked_at - _APART
    if document["object"] == "checkout.session":
        return _of_checkout(document, now)
    return _of_intent(document, now)


def _of_checkout(session: Document, now: datetime) -> list[Fact]:
    intent = session.get("payment_intent")
    intent = intent if isinstance(intent, Mapping) else {}
    fact = checkout_fact(session, paid_at(session) or now)
    if isinstance(fact, Processing):
        if intent.get("status") in ("requires_payment_method", "canceled"):
            # A delayed method that failed leaves the checkout complete and unpaid, for ever.
            return [Declined(at=now, where=_of_both(session, intent), code=decline_code(intent), closes=True)]
        return [Processing(at=paid_at(session) or moment(session["created"]), where=fact.where)]
    if fact is None:
        return _declined(intent, session, now)
    return _with_charge(fact, intent)


def _of_intent(intent: Document, now: datetime) -> list[Fact]:
    fact = intent_fact(intent, paid_at(intent) or now)
    if isinstance(fact, Processing):
        return [Processing(at=paid_at(intent) or moment(intent["created"]), where=fact.where)]
    if isinstance(fact, Closed):
        return [Closed(at=now, where=fact.where)]
    return _declined(intent, intent, now) if fact is None else _with_charge(fact, intent)


def _declined(intent: Document, document: Document, now: datetime) -> list[Fact]:
    """The last try was declined, unless another one is under way: then its error is gone."""
    if intent.get("status") != "requires_payment_method" or not intent.get("last_payment_error"):
        return []
    return [Declined(at=now, where=_of_both(document, intent), code=decline_code(intent))]


def _of_both(document: Document, intent: Document) -> Where:
    """The place that events of the payment intent name, and that of the checkout around it."""
    own = where(document)
    return replace(where(intent), session_id=own.session_id, attempt_no=own.attempt_no, checkout_id=own.checkout_id)


def _with_charge(fact: Fact, intent: Document) -> list[Fact]:
    """Money, when it was charged, and what its charge tells of it."""
    if not isinstance(fact, Paid):
        return [fact]
    charge = intent.get("latest_charge")
    told = [charge_fact(charge, fact.at)] if isinstance(charge, Mapping) else []
    # Without a charge nothing more can be learned by asking again: then the time of the answer counts.
    return [replace(fact, charged_at=fact.at), *told]
