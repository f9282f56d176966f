"""Stripe's answers to our calls, read into what the gateway promises."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from domain.facts import RefundReported
from gateways.stripe.events import moment, refund_fact
from gateways.stripe.gateway import Balance, Opened

Document = Mapping[str, Any]
_PARTS: Final = ("available", "pending")


def page(document: Document) -> tuple[list[Document], str | None]:
    """The objects of a page, and the id of the last one if there are more."""
    documents = list(document["data"])
    return documents, documents[-1]["id"] if document["has_more"] else None


def balances(document: Document) -> dict[str, Balance]:
    """What is on our balance, by currency."""
    parts = {part: {one["currency"].upper(): int(one["amount"]) for one in document[part]} for part in _PARTS}
    currencies = {currency for part in parts.values() for currency in part}
    return {one: Balance(*(parts[part].get(one, 0) for part in _PARTS)) for one in sorted(currencies)}


def refunded(document: Document) -> RefundReported:
    """Where a refund stands."""
    return refund_fact(document, moment(document["created"]))


def opened(document: Document) -> Opened:
    """A Checkout Session or payment intent."""
    if document["object"] == "checkout.session":
        intent = document.get("payment_intent")
        return Opened(
            checkout_id=document["id"],
            payment_intent_id=intent["id"] if isinstance(intent, Mapping) else intent,
            url=document.get("url"),
            client_secret=document.get("client_secret"),
            expires_at=moment(document["expires_at"]),
            created_at=moment(document["created"]),
        )
    return Opened(
        checkout_id=None,
        payment_intent_id=document["id"],
        url=None,
        client_secret=document["client_secret"],
        expires_at=None,
        created_at=moment(document["created"]),
    )


def paid_at(document: Document) -> datetime | None:
    """When the money came, as the charge says."""
    intent = document if document["object"] == "payment_intent" else document.get("payment_intent")
    charge = intent.get("latest_charge") if isinstance(intent, Mapping) else None
    return moment(charge["created"]) if isinstance(charge, Mapping) else None
