"""Stripe through its own library, over HTTP."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, TypeVar

import orjson
import stripe

from domain.attempt import CheckoutAttempt
from domain.clock import Clock
from domain.errors import FaultSaved, GatewayFaulted, GatewayRefused, GatewayUnavailable, UnknownProviderStatus
from domain.facts import Declined, Fact, RefundReported
from domain.ids import AttemptId
from domain.movements import Movement
from domain.policies import AttemptKind
from domain.transaction import Refund
from gateways.stripe.answers import balances, opened, page, refunded
from gateways.stripe.failures import answered_at, is_repeated, translated
from gateways.stripe.finding import find
from gateways.stripe.gateway import Balance, Opened, Page
from gateways.stripe.guard import Guard
from gateways.stripe.movements import movement
from gateways.stripe.standing import standing
from gateways.stripe.transport import PooledClient

#: What this code was written for, whatever the account's default is.
API_VERSION: Final = "2026-10-28.endive"
_API: Final = "https://api.stripe.com"
_PAGE: Final = 100
#: Pages that one search reads at most: the objects of a busy day.
_PAGES: Final = 200
_CHARGED: Final = "payment_intent.latest_charge"

Document = Mapping[str, Any]
Answer = TypeVar("Answer")


class Stripe:
    """The real `PaymentGateway`.

    Args:
        api_key: the secret key.
        api_base: where Stripe is; None for Stripe itself.
        guard: limits, times and breaks the calls.
        now: what answers without a time of their own are dated by.
        timeout: seconds to wait for an answer; shorter than Stripe's own, for an unknown outcome is asked again.
        connections: kept open at most.
        transport: sends the requests; None: over HTTP.
    """

    def __init__(
        self,
        api_key: str,
        *,
        api_base: str | None,
        guard: Guard,
        now: Clock,
        timeout: float,
        connections: int,
        transport: stripe.HTTPClient | None = None,
    ) -> None:
        self._transport = transport or PooledClient(timeout=timeout, connections=connections)
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
        return self._call(operation, "post", path, request, opened, idempotency_key=idempotency_key)

    def find(self, attempts: Sequence[CheckoutAttempt]) -> Mapping[AttemptId, Opened]:
        """Find what attempts may have opened, among all that was opened since the first of them was claimed."""

        def search(operation: str, path: str, params: Document) -> Sequence[Document]:
            return self._call(operation, "get", path, params, lambda document: list(document["data"]))

        with _legible("find"):
            return find(attempts, self._pages, search, self._now())

    def close(self, attempt: CheckoutAttempt, *, idempotency_key: str) -> Sequence[Fact]:
        """Close what an attempt opened. Where Stripe says that it is over already, tell how it ended."""
        if attempt.kind is AttemptKind.CHECKOUT:
            path, operation = f"/v1/checkout/sessions/{attempt.stripe_checkout_id}/expire", "checkout.expire"
        else:
            path, operation = f"/v1/payment_intents/{attempt.stripe_payment_intent_id}/cancel", "payment_intent.cancel"
        try:
            return self._call(operation, "post", path, {}, self._telling(), idempotency_key=idempotency_key)
        except GatewayRefused:
            ended = self.look_up(attempt)
            if all(isinstance(fact, Declined) and not fact.closes for fact in ended):
                raise  # It is still open, so this was no answer of one that is over.
            return ended

    def look_up(self, attempt: CheckoutAttempt) -> Sequence[Fact]:
        """Tell what became of an attempt; empty if nothing has happened yet."""
        if attempt.kind is AttemptKind.CHECKOUT:
            path, operation = f"/v1/checkout/sessions/{attempt.stripe_checkout_id}", "checkout.retrieve"
            expand = _CHARGED
        else:
            path, operation = f"/v1/payment_intents/{attempt.stripe_payment_intent_id}", "payment_intent.retrieve"
            expand = "latest_charge"
        return self._call(operation, "get", path, {"expand": [expand]}, self._telling())

    def refund(self, request: Document, *, idempotency_key: str) -> RefundReported:
        """Send money back, with exactly these parameters."""
        return self._call("refund.create", "post", "/v1/refunds", request, refunded, idempotency_key=idempotency_key)

    def find_refund(self, refund: Refund) -> RefundReported | None:
        """Find what was asked for a refund, among all of its payment's."""
        intent = (refund.request or {})["payment_intent"]
        with _legible("refund.list"):
            for document in self._pages("refund.list", "/v1/refunds", {"payment_intent": intent}):
                if (document.get("metadata") or {}).get("refund_id") == str(refund.id):
                    return refunded(document)
        return None

    def look_up_refund(self, refund: Refund) -> RefundReported:
        """Tell what became of a refund that Stripe knows."""
        return self._call("refund.retrieve", "get", f"/v1/refunds/{refund.stripe_refund_id}", {}, refunded)

    def list_events(
        self, types: Sequence[str], *, created_from: datetime, created_to: datetime, after: str | None
    ) -> Page[bytes]:
        """A hundred events of at most twenty types of that time (both ends included), as webhooks would bring them."""
        params = {"types": list(types), **_span(created_from, created_to, after)}
        return self._list("event.list", "/v1/events", params, orjson.dumps)

    def list_movements(self, *, created_from: datetime, created_to: datetime, after: str | None) -> Page[Movement]:
        """A hundred movements on our balance of that time (both ends included)."""
        params = {"expand": ["data.source"], **_span(created_from, created_to, after)}
        return self._list("balance_transaction.list", "/v1/balance_transactions", params, movement)

    def movement(self, movement_id: str) -> Movement:
        """One movement on our balance."""
        path = f"/v1/balance_transactions/{movement_id}"
        return self._call("balance_transaction.retrieve", "get", path, {"expand": ["source"]}, movement)

    def balances(self) -> Mapping[str, Balance]:
        """What is on our balance now, by currency."""
        return self._call("balance.retrieve", "get", "/v1/balance", {}, balances)

    def ping(self) -> Document:
        """Ask for the account: tells whether Stripe is there and takes our key."""
        return self._call("account.retrieve", "get", "/v1/account", {}, dict)

    def close_connections(self) -> None:
        """Close all connections."""
        self._transport.close()  # type: ignore[no-untyped-call]

    def _telling(self) -> Callable[[Document], Sequence[Fact]]:
        """Reads what the object that an attempt opened tells, as of now."""
        asked_at = self._now()
        return lambda document: standing(document, asked_at)

    def _call(
        self,
        operation: str,
        method: str,
        path: str,
        params: Document,
        read: Callable[[Document], Answer],
        **options: str,
    ) -> Answer:
        """Ask Stripe one thing, and read its answer."""
        return self._ask(operation, method, path, params, lambda document, _: read(document), **options)

    def _list(self, operation: str, path: str, params: Document, read: Callable[[Document], Answer]) -> Page[Answer]:
        def page_of(document: Document, headers: Mapping[str, str]) -> Page[Answer]:
            documents, last = page(document)
            return Page([read(one) for one in documents], last, answered_at(headers))

        return self._ask(operation, "get", path, params, page_of)

    def _ask(
        self,
        operation: str,
        method: str,
        path: str,
        params: Document,
        read: Callable[[Document, Mapping[str, str]], Answer],
        **options: str,
    ) -> Answer:
        """Send one request. Operations are endpoints: each has its own limit and circuit."""

        def send() -> Answer:
            try:
                answer = self._client.raw_request(method, path, **params, **options)
            except stripe.StripeError as error:
                raise translated(error) from error
            with _legible(operation, FaultSaved if is_repeated(answer.headers) else GatewayFaulted):
                return read(orjson.loads(answer.body), answer.headers or {})

        return self._guard(operation, send)

    def _pages(self, operation: str, path: str, params: Document) -> Iterator[Document]:
        cursor: dict[str, str] = {}
        for _ in range(_PAGES):
            documents, last = self._call(operation, "get", path, {**params, "limit": _PAGE, **cursor}, page)
            yield from documents
            if last is None:
                return
            cursor = {"starting_after": last}
        # Whoever asked would take an end for "there is nothing more".
        raise GatewayUnavailable(f"Stripe: {path} has more than {_PAGES} pages since then")


@contextmanager
def _legible(operation: str, fault: type[GatewayUnavailable] = GatewayFaulted) -> Iterator[None]:
    """Reads what Stripe has said. It did something; what, it may tell when it is asked again."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, UnknownProviderStatus) as error:
        raise fault(f"Stripe: an answer to {operation} that cannot be read: {error!r:.200}") from error


def _span(created_from: datetime, created_to: datetime, after: str | None) -> dict[str, Any]:
    within = {"gte": int(created_from.timestamp()), "lte": int(created_to.timestamp())}
    return {"created": within, "limit": _PAGE} | ({} if after is None else {"starting_after": after})
