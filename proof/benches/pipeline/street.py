"""Databases full of payments, made by the use cases themselves and kept as templates."""

import os
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from domain.ids import SessionId
from domain.messages import read_payment_required
from domain.opening import record_opened
from gateways.stripe.guard import unguarded
from proof.benches.ground import Ground
from runtime.app import App, build_app
from runtime.clock import SystemClock
from runtime.settings import Role, load
from sandbox.stripe.schema import blank
from sandbox.stripe.wire import API_VERSION
from services.observing import Unobserved

#: Somebody downstream is told of everything; nobody delivers it while it is measured.
DOWNSTREAM: Final = {
    "AUCTION_WEBHOOK_URL": "http://127.0.0.1:9/auction",
    "AUCTION_WEBHOOK_SECRET": f"whsec_{b64encode(b'a bench tells no auction!').decode()}",
    "ORDER_WEBHOOK_URL": "http://127.0.0.1:9/order",
    "ORDER_WEBHOOK_SECRET": f"whsec_{b64encode(b'a bench tells no orders !').decode()}",
}
#: Where events wait until they are let loose.
_ASIDE: Final = "bench_events"
_BATCH: Final = 200
_NOW: Final = SystemClock()


def message(number: int) -> dict[str, Any]:
    """What the auction service sends for an auction."""
    return {
        "auction_id": f"lot-{number:08}",
        "buyer_id": f"buyer-{number:08}",
        "maker_id": f"maker-{number % 500}",
        "amount": f"{20 + number % 900}.50",
        "currency": "USD",
        "title": f"Stoneware vase, no. {number}",
        "buyer_email": f"buyer.{number}@example.com",
    }


@contextmanager
def house(ground: Ground, database: str) -> Iterator[App]:
    """Every use case on a database, in this process."""
    environment = ground.environment(database, "redis://127.0.0.1:1/0", **DOWNSTREAM)
    environment["RECEIPT_STORAGE_URL"] = f"file://{ground.directory / 'receipts'}"
    app = build_app(
        load(environment, Role.WORKER),
        role="bench",
        ring=Counter[str]().update,
        put_back=_nowhere,
        guard=unguarded,
        observer=Unobserved(),
        now=_NOW,
    )
    try:
        yield app
    finally:
        app.close()


def paid_street(ground: Ground, payments: int) -> str:
    """A database of open payments, each with the event that completes it set aside."""
    database = ground.database()
    with house(ground, database) as app:
        for first in range(0, payments, _BATCH):
            sessions = require(app, range(first, min(first + _BATCH, payments)))
            bodies = open_checkouts(app, sessions)
            app.receive_events([app.read_event(body) for body in bodies])
        with app.database.transaction() as connection:
            connection.execute(f"CREATE TABLE {_ASIDE} AS TABLE webhook_events")
            connection.execute("TRUNCATE webhook_events")
            connection.execute("ANALYZE")
    return database


def let_loose(ground: Ground, database: str) -> None:
    """Have Stripe's events come, all at once."""
    ground.rows(database, f"INSERT INTO webhook_events SELECT * FROM {_ASIDE}")  # noqa: S608


def require(app: App, numbers: Sequence[int]) -> list[SessionId]:
    """Have these payments asked for."""
    accepted = app.require_payments([read_payment_required(message(number)) for number in numbers])
    refused = [answer for answer in accepted if isinstance(answer, Exception)]
    if refused:
        raise refused[0]
    return [answer.session_id for answer in accepted if not isinstance(answer, Exception)]


def open_checkouts(app: App, sessions: Sequence[SessionId]) -> list[bytes]:
    """Open their checkouts, as Stripe's answers would; returns the events of buyers who paid."""
    now, bodies = _NOW(), []
    policies = app.open_checkouts.policies
    with app.store.begin() as uow:
        for payment in uow.payments.lock(sessions).values():
            session, attempt = payment.session, payment.attempts[0]
            attempt.stripe_checkout_id = f"cs_test_{attempt.id.hex}"
            attempt.url = f"https://checkout.stripe.example/c/pay/{attempt.stripe_checkout_id}"
            attempt.request, attempt.due_at = {"mode": "payment"}, None
            attempt.expires_at = now + timedelta(hours=24)
            record_opened(payment, attempt, policies[session.policy], now, now)
            bodies.append(_paid(session.id, attempt.stripe_checkout_id, session.amount_minor, now))
    return bodies


def _paid(session_id: SessionId, checkout_id: str, amount_minor: int, now: datetime) -> bytes:
    checkout = blank("checkout.session") | {
        "id": checkout_id,
        "metadata": {"payment_session_id": str(session_id), "attempt": "1"},
        "payment_intent": f"pi_{session_id.hex}",
        "amount_subtotal": amount_minor,
        "amount_total": amount_minor,
        "currency": "usd",
        "mode": "payment",
        "status": "complete",
        "payment_status": "paid",
    }
    event = blank("event") | {
        "id": f"evt_{os.urandom(12).hex()}",
        "object": "event",
        "api_version": API_VERSION,
        "created": int(now.timestamp()),
        "livemode": False,
        "type": "checkout.session.completed",
        "data": {"object": checkout},
    }
    return orjson.dumps(event, option=orjson.OPT_INDENT_2)


def _nowhere(_queue: str, _body: bytes) -> None:
    """No dead letter is put back here."""
