"""Real inputs to begin with: what the Stripe sandbox sends in its course, and a message with every field."""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from sandbox.stripe.core import StripeCore
from sandbox.stripe.settings import SECRET_KEY
from sandbox.stripe.wire import Request

_START: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
_LAMP: Final = (
    "mode=payment&success_url=https://x.example/&line_items[0][quantity]=1&line_items[0][price_data][currency]=usd"
    "&line_items[0][price_data][unit_amount]=5000&line_items[0][price_data][product_data][name]=Lamp"
    "&metadata[payment_session_id]=01a1fcc4-a83c-7ee7-8e0b-9507d50d471d&metadata[attempt]=1"
)
_PAID, _DECLINED, _ASKS_BANK, _DISPUTED = (
    "4242424242424242",
    "4000000000000002",
    "4000002500003155",
    "4000000000000259",
)

MESSAGE: Final[Mapping[str, Any]] = {
    "queue_name": "payment_required",
    "actor_name": "payment_required",
    "args": [],
    "kwargs": {
        "auction_id": "lot-1",
        "buyer_id": "buyer-1",
        "maker_id": "maker-1",
        "amount": "275.50",
        "currency": "USD",
        "title": "Oak desk",
        "description": "about 1890",
        "policy": "standard",
        "buyer_email": "buyer@example.com",
        "buyer_phone": "+4930123456",
        "locale": "de-AT",
        "maker_email": "maker@example.com",
        "maker_stripe_account": "acct_1",
        "return_url": "https://auctions.example/back",
        "cancel_url": "http://localhost:3000/",
        "request_id": "2",
        "max_extension_minutes": 60,
        "metadata": {"hall": "2"},
        "risk": {"ip": "192.0.2.1", "country": "DE", "device_id": "d-1"},
    },
    "options": {"redis_message_id": "id"},
    "message_id": "m-1",
    "message_timestamp": 1_795_000_000_000,
}


@cache
def events() -> Sequence[Mapping[str, Any]]:
    """One event of each type that a few payments bring about."""
    core = StripeCore(lambda: _START, random.Random(1))  # noqa: S311 - not a secret

    def call(method: str, path: str, form: str = "") -> Any:
        headers = {"authorization": f"Bearer {SECRET_KEY}"}
        return core.handle(Request.of(method, path, form, headers)).json()

    for card in (_PAID, _DECLINED, _ASKS_BANK, _DISPUTED):
        session = call("POST", "/v1/checkout/sessions", _LAMP)["id"]
        core.pay(session, card)
        if card == _ASKS_BANK:
            core.authenticate(session, passed=True)
        core.advance(5)
        intent = call("GET", f"/v1/checkout/sessions/{session}")["payment_intent"]
        if card == _PAID:
            call("POST", "/v1/refunds", f"payment_intent={intent}&amount=1000")
        core.advance(5)
        call("POST", f"/v1/checkout/sessions/{session}/expire")
    by_type = {row["type"]: row["id"] for row in core.world.store.table("event").oldest()}
    return [call("GET", f"/v1/events/{event}") for event in by_type.values()]
