"""A small payment system to play an auction house against: it keeps everything in memory and loses nothing."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import anyio.from_thread
import httpx
import redis
import uvicorn
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.stripe.server import RunningSandbox

ZERO_DECIMAL = {"JPY"}


@dataclass
class Asked:
    """One payment."""

    id: str
    auction_id: str
    checkout: dict[str, Any]
    ends: datetime
    status: str = "pending"


@dataclass
class Pretend:
    """Takes requests by queue and HTTP, opens checkouts at the sandbox, hears of it, and tells the auction house."""

    sandbox: RunningSandbox
    redis_url: str
    secrets: dict[str, str]
    window: timedelta
    url: str = ""
    house_url: str = ""
    payments: dict[str, Asked] = field(default_factory=dict)
    requests: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)
    stopping: threading.Event = field(default_factory=threading.Event)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/payments/checkout/create", self.create, methods=["POST"]),
                Route("/payments/checkout/{id}/status", self.status),
                Route("/stripe", self.hear, methods=["POST"]),
            ]
        )

    def create(self, request: Request) -> Response:
        body = json.loads(self.body(request))
        payment = self.ask(body["auctionId"], str(body["amount"]), body["currency"])
        session = {"id": payment.id, "stripeCheckoutUrl": payment.checkout["url"], "payPageUrl": "http://page"}
        return JSONResponse({"paymentSession": session}, 201)

    def status(self, request: Request) -> Response:
        payment = next(one for one in self.payments.values() if one.id == request.path_params["id"])
        return JSONResponse({"paymentWindow": {"expiresAt": payment.ends.isoformat()}})

    def hear(self, request: Request) -> Response:
        event = json.loads(self.body(request))
        auction = event["data"]["object"].get("metadata", {}).get("auction_id")
        with self.lock:
            payment = self.payments.get(auction or "")
            if payment and payment.status == "pending":
                if event["type"] == "payment_intent.payment_failed":
                    self.tell("auction", "auction.payment_failed", payment)
                if event["type"] == "checkout.session.completed":
                    payment.status = "completed"
                    self.tell("auction", "auction.sold", payment)
                    self.tell("order", "order.requested", payment)
        return Response(status_code=200)

    @staticmethod
    def body(request: Request) -> bytes:
        return anyio.from_thread.run(request.body)

    def ask(self, auction_id: str, amount: str, currency: str) -> Asked:
        with self.lock:
            self.requests += 1
            if auction_id not in self.payments:
                minor = round(float(amount) * (1 if currency in ZERO_DECIMAL else 100))
                payment = Asked(str(uuid4()), auction_id, self.checkout(auction_id, minor, currency), self.end())
                self.payments[auction_id] = payment
                self.tell("auction", "auction.payment_pending", payment)
            return self.payments[auction_id]

    def end(self) -> datetime:
        return datetime.now(UTC) + self.window

    def checkout(self, auction_id: str, minor: int, currency: str) -> dict[str, Any]:
        return open_checkout(self.sandbox, auction_id, minor, currency)

    def tell(self, endpoint: str, kind: str, payment: Asked) -> None:
        """Until it is received, as a good sender does."""
        now = datetime.now(UTC)
        data = {"auctionId": payment.auction_id, "sessionId": payment.id}
        body = json.dumps({"type": kind, "timestamp": now.isoformat(), "data": data})
        event_id = f"evt_{uuid4().hex}"
        for _ in range(20):
            headers = {
                "webhook-id": event_id,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": Webhook(self.secrets[endpoint]).sign(event_id, now, body),
            }
            if httpx.post(f"{self.house_url}/{endpoint}", content=body, headers=headers, trust_env=False).is_success:
                return
        raise AssertionError("the auction house refuses to listen")

    def work(self) -> None:
        """Take messages, close windows."""
        with redis.Redis.from_url(self.redis_url) as queue:
            while not self.stopping.is_set():
                while key := queue.lpop("dramatiq:payment_required"):
                    message = json.loads(queue.hget("dramatiq:payment_required.msgs", key))  # type: ignore[arg-type]
                    asked = message["kwargs"]
                    self.ask(asked["auction_id"], asked["amount"], asked["currency"])
                self.close_windows()
                time.sleep(0.05)

    def close_windows(self) -> None:
        with self.lock:
            for payment in self.payments.values():
                if payment.status == "pending" and payment.ends < datetime.now(UTC) and self.close(payment):
                    payment.status = "expired"
                    self.tell("auction", "auction.reopened", payment)

    def close(self, payment: Asked) -> bool:
        return stripe(self.sandbox, f"/v1/checkout/sessions/{payment.checkout['id']}/expire").is_success


def open_checkout(
    sandbox: RunningSandbox, auction_id: str = "lot", minor: int = 5000, currency: str = "USD"
) -> dict[str, Any]:
    form = {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": currency.lower(),
        "line_items[0][price_data][unit_amount]": str(minor),
        "line_items[0][price_data][product_data][name]": auction_id,
        "success_url": "http://127.0.0.1:1/paid",
        "metadata[auction_id]": auction_id,
        "payment_intent_data[metadata][auction_id]": auction_id,
    }
    answer = stripe(sandbox, "/v1/checkout/sessions", form)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def stripe(sandbox: RunningSandbox, path: str, form: dict[str, str] | None = None) -> httpx.Response:
    return httpx.post(sandbox.url + path, data=form, auth=(sandbox.secret_key, ""), trust_env=False)


@contextmanager
def pretending(sandbox: RunningSandbox, redis_url: str, secrets: dict[str, str], window: float) -> Iterator[Pretend]:
    pretend = Pretend(sandbox, redis_url, secrets, timedelta(seconds=window))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(
            uvicorn.Config(pretend.app(), ws="none", lifespan="off", log_config=None, timeout_graceful_shutdown=1)
        )
        threads = [
            threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True),
            threading.Thread(target=pretend.work, daemon=True),
        ]
        pretend.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        sandbox.listen(f"{pretend.url}/stripe")
        for thread in threads:
            thread.start()
        try:
            yield pretend
        finally:
            pretend.stopping.set()
            server.should_exit = True
            for thread in threads:
                thread.join(10)
