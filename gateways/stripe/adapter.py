"""Stripe through its own library, over HTTP."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
import stripe

from domain.attempt import CheckoutAttempt
from domain.clock import Clock
from domain.errors import GatewayRefused, GatewayUnavailable
from domain.facts import Fact, RefundReported
from domain.money import Money
from domain.policies import AttemptKind
from domain.transaction import Refund
from gateways.stripe.events import checkout_fact, intent_fact, moment, refund_fact
from gateways.stripe.failures import translated
from gateways.stripe.gateway import Booking, Opened
from gateways.stripe.guard import Guard
from gateways.stripe.transport import PooledClient

#: What this code was written for, whatever the account's default is.
API_VERSION: Final = "2026-10-28.endive"
_API: Final = "https://api.stripe.com"
_PAGE: Final = 100
#: Pages that one search reads at most: the objects of a busy day.
_PAGES: Final = 200
_CHARGED: Final = "payment_intent.latest_charge"

Document = Mapping[str, Any]


class Stripe:
    """The real `PaymentGateway`.

    Args:
        api_key: the secret key.
        api_base: where Stripe is; None for Stripe itself.
        guard: limits, times and breaks the calls.
        now: what answers without a time of their own are dated by.
        timeout: seconds to wait for an answer; shorter than Stripe's own, for an unknown outcome is asked again.
    """

    def __init__(
        self, api_key: str, *, api_base: str | None, guard: Guard, now: Clock, timeout: float, connections: int
    ) -> None:
        self._transport = PooledClient(timeout=timeout, connections=connections)
        self._client = stripe.StripeClient(
            api_key,
            stripe_version=API_VERSION,
            base_addresses={"api": api_base or _API},
            http_client=self._transport,
            max_network_retries=0,
        )
        self._guard = guard
        self._now = now

    def open(self, kind: AttemptKind, request: Mapping[str, Any], *, idempotency_key: str) -> Opened:
        """Open a checkout or payment intent with exactly these parameters."""
        if kind is AttemptKind.CHECKOUT:
            path, operation = "/v1/checkout/sessions", "checkout.create"
        else:
            path, operation = "/v1/payment_intents", "payment_intent.create"
        return _opened(self._call(operation, "post", path, request, idempotency_key=idempotency_key))

    def find(self, attempt: CheckoutAttempt) -> Opened | None:
        """Find what an attempt may have opened, among all that was opened since it was claimed."""
        if attempt.kind is AttemptKind.CHECKOUT:
            path, operation = "/v1/checkout/sessions", "checkout.list"
        else:
            path, operation = "/v1/payment_intents", "payment_intent.list"
        since = int((attempt.created_at - timedelta(minutes=10)).timestamp())
        for document in self._pages(operation, path, {"created": {"gte": since}}):
            metadata = document.get("metadata") or {}
            mine = metadata.get("payment_session_id") == str(attempt.session_id)
            if mine and metadata.get("attempt") == str(attempt.attempt_no):
                return _opened(document)
        return None

    def close(self, attempt: CheckoutAttempt, *, idempotency_key: str) -> Sequence[Fact]:
        """Close what an attempt opened. Where Stripe says that it is over already, tell how it ended."""
        if attempt.kind is AttemptKind.CHECKOUT:
            path, operation = f"/v1/checkout/sessions/{attempt.stripe_checkout_id}/expire", "checkout.expire"
        else:
            path, operation = f"/v1/payment_intents/{attempt.stripe_payment_intent_id}/cancel", "payment_intent.cancel"
        try:
            closed = self._call(operation, "post", path, {}, idempotency_key=idempotency_key)
        except GatewayRefused:
            ended = self.look_up(attempt)
            if not ended:
                raise  # It is still open, so this was no answer of one that is over.
            return ended
        return self._facts(attempt, closed)

    def look_up(self, attempt: CheckoutAttempt) -> Sequence[Fact]:
        """Tell what became of an attempt; empty if nothing has happened yet."""
        if attempt.kind is AttemptKind.CHECKOUT:
            path, operation = f"/v1/checkout/sessions/{attempt.stripe_checkout_id}", "checkout.retrieve"
            expand = _CHARGED
        else:
            path, operation = f"/v1/payment_intents/{attempt.stripe_payment_intent_id}", "payment_intent.retrieve"
            expand = "latest_charge"
        return self._facts(attempt, self._call(operation, "get", path, {"expand": [expand]}))

    def refund(self, refund: Refund, payment_intent_id: str, *, idempotency_key: str) -> RefundReported:
        """Send money back."""
        request = {
            "payment_intent": payment_intent_id,
            "amount": refund.amount_minor,
            "metadata": {"refund_id": str(refund.id), "payment_session_id": str(refund.session_id)},
        }
        answer = self._call("refund.create", "post", "/v1/refunds", request, idempotency_key=idempotency_key)
        return refund_fact(answer, moment(answer["created"]))

    def bookings(self, *, created_from: datetime, created_to: datetime) -> Sequence[Booking]:
        """The charges that Stripe booked in that time (both ends included), a hundred a call."""
        within = {"gte": int(created_from.timestamp()), "lte": int(created_to.timestamp())}
        return [
            _booking(document)
            for document in self._pages("balance_transaction.list", "/v1/balance_transactions", {"created": within})
            if document["type"] in ("charge", "payment")
        ]

    def ping(self) -> Document:
        """Ask for the account: tells whether Stripe is there and takes our key."""
        return self._call("account.retrieve", "get", "/v1/account", {})

    def close_connections(self) -> None:
        """Close all connections."""
        self._transport.close()

    def _facts(self, attempt: CheckoutAttempt, document: Document) -> Sequence[Fact]:
        at = _paid_at(document) or self._now()
        read = checkout_fact if attempt.kind is AttemptKind.CHECKOUT else intent_fact
        fact = read(document, at)
        return [] if fact is None else [fact]

    def _call(self, operation: str, method: str, path: str, params: Document, **options: str) -> Document:
        """Ask Stripe one thing. Operations are endpoints: each has a limit and a circuit of its own."""

        def send() -> Document:
            try:
                answer = self._client.raw_request(method, path, **params, **options)
            except stripe.StripeError as error:
                raise translated(error) from error
            document: Document = orjson.loads(answer.body)
            return document

        return self._guard(operation, send)

    def _pages(self, operation: str, path: str, params: Document) -> Iterator[Document]:
        cursor: dict[str, str] = {}
        for _ in range(_PAGES):
            page = self._call(operation, "get", path, {**params, "limit": _PAGE, **cursor})
            yield from page["data"]
            if not page["has_more"]:
                return
            cursor = {"starting_after": page["data"][-1]["id"]}
        # Whoever asked would take an end for "there is nothing more".
        raise GatewayUnavailable(f"Stripe: {path} has more than {_PAGES} pages since then")


def _opened(document: Document) -> Opened:
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


def _paid_at(document: Document) -> datetime | None:
    """When the money came, as the charge says."""
    intent = document if document["object"] == "payment_intent" else document.get("payment_intent")
    charge = intent.get("latest_charge") if isinstance(intent, Mapping) else None
    return datetime.fromtimestamp(charge["created"], UTC) if isinstance(charge, Mapping) else None


def _booking(document: Document) -> Booking:
    currency = document["currency"].upper()
    source = document["source"]
    return Booking(
        balance_transaction_id=document["id"],
        charge_id=source["id"] if isinstance(source, Mapping) else source,
        fee=Money(currency, document["fee"]),
        net=Money(currency, document["net"]),
    )
