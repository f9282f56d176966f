"""A sandbox, the real SDK against it, and an endpoint that hears its webhooks."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Any

import pytest
import stripe

from sandbox.stripe.server import RunningSandbox, running_sandbox
from sandbox.stripe.settings import Settings

SECRET = "whsec_the_first"


@dataclass
class Mailbag:
    """What an endpoint heard: (headers, body). `answers` are given in turn, then 200."""

    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    came: threading.Condition = field(default_factory=threading.Condition)
    url: str = ""

    def events(self) -> list[dict[str, Any]]:
        with self.came:
            return [
                stripe.Webhook.construct_event(body, head["Stripe-Signature"], SECRET).to_dict()
                for head, body in self.heard
            ]

    def types(self) -> list[str]:
        return [event["type"] for event in self.events()]

    def wait(self, enough: Callable[[list[tuple[dict[str, str], bytes]]], bool], seconds: float = 10.0) -> None:
        deadline = monotonic() + seconds
        with self.came:
            while not enough(self.heard):
                if not self.came.wait(deadline - monotonic()):
                    raise AssertionError(f"only {len(self.heard)} webhooks came")

    def wait_for(self, *types: str) -> list[dict[str, Any]]:
        self.wait(lambda heard: all(any(f'"type":"{one}"'.encode() in body for _, body in heard) for one in types))
        return self.events()


@pytest.fixture
def mailbag() -> Iterator[Mailbag]:
    bag = Mailbag()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with bag.came:
                bag.heard.append((dict(self.headers), body))
                answer = bag.answers.pop(0) if bag.answers else 200
                bag.came.notify_all()
            self.send_response(answer)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    bag.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield bag
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sandbox(mailbag: Mailbag) -> Iterator[RunningSandbox]:
    settings = Settings(capture_delay=0.02, webhook_retries=(0.02, 0.02, 0.02), refund_delay=0.02, trouble_delay=0.02)
    with running_sandbox(webhook_url=mailbag.url, webhook_secret=SECRET, settings=settings, seed=7) as running:
        yield running


@pytest.fixture
def client(sandbox: RunningSandbox) -> stripe.StripeClient:
    return stripe.StripeClient(sandbox.secret_key, base_addresses={"api": sandbox.url}, max_network_retries=0)


def checkout(**changes: Any) -> dict[str, Any]:
    """Parameters of a checkout over 25 dollars."""
    amount, currency = changes.pop("amount", 2500), changes.pop("currency", "usd")
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": "A brass lamp"}}
    return {
        "mode": "payment",
        "success_url": "https://shop.example/thanks?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.example/cancel",
        "line_items": [{"quantity": 1, "price_data": price}],
        **changes,
    }


def emitted(sandbox: RunningSandbox) -> list[str]:
    """Types of all events in the order in which they were made; deliveries overtake each other."""
    return [event["type"] for event in sandbox.core.world.store.table("event").oldest()]
