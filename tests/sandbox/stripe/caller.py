"""A core without a socket, and short ways to use it."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sandbox.stripe.core import StripeCore
from sandbox.stripe.faults import Fault
from sandbox.stripe.settings import SECRET_KEY, Settings
from sandbox.stripe.wire import Request, Response

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOW = int(START.timestamp())
LAMP = (
    "mode=payment&success_url=https://x.example/&line_items[0][quantity]=1&line_items[0][price_data][currency]=usd"
    "&line_items[0][price_data][unit_amount]=5000&line_items[0][price_data][product_data][name]=Lamp"
)


class Caller:
    """Calls a core; its clock stands still until it is moved by `core.advance`."""

    def __init__(self, settings: Settings | None = None, faults: Iterable[Fault] = (), seed: int = 1) -> None:
        self.core = StripeCore(lambda: START, random.Random(seed), settings, faults)  # noqa: S311

    def raw(self, method: str, path: str, form: str = "", **headers: str) -> Response:
        """The answer, whatever it is."""
        sent = {"authorization": f"Bearer {SECRET_KEY}", **{name.replace("_", "-"): v for name, v in headers.items()}}
        return self.core.handle(Request.of(method, path, form, sent))

    def __call__(self, method: str, path: str, form: str = "", **headers: str) -> dict[str, Any]:
        """The object, from an answer that is good."""
        response = self.raw(method, path, form, **headers)
        assert response.status == 200, response.body
        return response.json()

    def refusal(self, method: str, path: str, form: str = "", **headers: str) -> dict[str, Any]:
        """The error, from an answer that is not; with its status."""
        response = self.raw(method, path, form, **headers)
        assert response.status >= 400, response.body
        error: dict[str, Any] = response.json()["error"]
        return {"status": response.status, **error}

    def checkout(self, more: str = "", **headers: str) -> dict[str, Any]:
        """An open checkout over 50 dollars."""
        return self("POST", "/v1/checkout/sessions", LAMP + more, **headers)

    def session(self, session_id: str) -> dict[str, Any]:
        """A session as it is now, with intent and charge."""
        return self("GET", f"/v1/checkout/sessions/{session_id}?expand[]=payment_intent.latest_charge")

    def paid_intent(self, card: str = "4242424242424242", more: str = "") -> str:
        """The id of an intent that a checkout paid, fees and all."""
        session = self.checkout(more)
        self.core.pay(session["id"], card)
        self.core.advance(2)
        intent: str = self.session(session["id"])["payment_intent"]["id"]
        return intent

    def types(self) -> list[str]:
        """Types of all events so far, in order."""
        return [row["type"] for row in self.core.world.store.table("event").oldest()]
