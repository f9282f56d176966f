"""The whole house for tests: real use cases on a real database, with Stripe's sandbox, and a clock that tests move."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import orjson

from domain.ids import SessionId
from domain.messages import PaymentRequired, read_payment_required
from domain.payment import Payment
from gateways.stripe.guard import unguarded
from models import schema
from models.database import Database
from models.unit_of_work import Noted, nobody
from runtime.app import App, build_app
from runtime.settings import Role, load
from sandbox.stripe.server import RunningSandbox, running_sandbox
from services.observing import Unobserved
from tests.event_schemas import wrong_events

KEY = "A" * 43
BASE = {
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "STRIPE_SECRET_KEY": "sk_test_sandbox",
    "STRIPE_WEBHOOK_SECRET": "whsec_test",
    "FIELD_ENCRYPTION_KEYS": KEY,
    "FIELD_INDEX_KEY": "B" * 43,
}


class Time:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime | None = None) -> None:
        self.at = start or datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


def prepare(url: str) -> None:
    """The current schema, for the template database."""
    database = Database(url, pool_size=1)
    try:
        schema.migrate(database)
    finally:
        database.close()


def message(**changes: Any) -> dict[str, Any]:
    """An ordinary intake message."""
    ordinary = {
        "auction_id": "auction-1",
        "buyer_id": "buyer-1",
        "maker_id": "maker-1",
        "amount": "275.50",
        "currency": "USD",
        "title": "A vase",
        "buyer_email": "buyer@example.com",
    }
    return {key: value for key, value in (ordinary | changes).items() if value is not None}


def request(**changes: Any) -> PaymentRequired:
    """The same, read."""
    return read_payment_required(message(**changes))


@dataclass
class House:
    """Everything a test needs in hand."""

    app: App
    sandbox: RunningSandbox
    time: Time
    rung: Counter[str] = field(default_factory=Counter)
    put_back: list[tuple[str, bytes]] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)

    def require(self, **changes: Any) -> SessionId:
        """Accept a request."""
        answer = self.app.require_payments([request(**changes)])[0]
        if isinstance(answer, Exception):
            raise answer
        return answer.session_id

    def opened(self, **changes: Any) -> SessionId:
        """Accept a request, and open its checkout."""
        session_id = self.require(**changes)
        assert self.app.open_checkouts(session_id) == 1
        return session_id

    def payment(self, session_id: UUID) -> Payment:
        """How a payment stands in the database."""
        return self.app.view_payments.one(session_id)

    def actions(self, session_id: UUID) -> list[str]:
        """What its audit chain tells."""
        return [entry.action for entry in self.app.view_payments.history(session_id)]

    def told(self, auction_id: str = "auction-1") -> list[str]:
        """What its auction and order services were told, in order."""
        rows = self.app.database.rows("SELECT type FROM outbox WHERE auction_id = %s ORDER BY order_no", (auction_id,))
        return [row[0] for row in rows]

    def pay(self, session_id: UUID, card: str = "4242424242424242") -> Any:
        """Have the buyer pay through the newest attempt."""
        attempt = self.payment(session_id).newest_attempt
        assert attempt is not None
        target = attempt.stripe_checkout_id or attempt.stripe_payment_intent_id
        assert target is not None
        return self.sandbox.pay(target, card)

    def new_events(self) -> list[dict[str, Any]]:
        """What Stripe has said since the last call, oldest first."""
        self.sandbox.advance()
        events = [orjson.loads(orjson.dumps(event)) for event in self.sandbox.core.world.store.table("event").oldest()]
        fresh = [event for event in events if event["id"] not in self._taken]
        self._taken.update(event["id"] for event in fresh)
        return fresh

    def hear(self, *events: dict[str, Any]) -> None:
        """Receive events, by default all that is new, and process them."""
        for event in events or self.new_events():
            self.app.receive_events([self.app.read_event(orjson.dumps(event))])
        self.process()

    def process(self) -> None:
        """Process everything that waits."""
        for _ in range(2000):
            if not self.app.process_events():
                return
        raise AssertionError("events keep coming")

    def work(self) -> None:
        """Do all that is due now, as workers would; paper has its own turn (`issue`)."""
        pieces = (
            self.app.process_events,
            self.app.expire_windows,
            self.app.open_retries,
            self.app.open_checkouts,
            self.app.send_refunds,
            self.app.deliver_events,
            self.app.send_notices,
        )
        for _ in range(5000):
            if not sum(piece() for piece in pieces):
                return
        raise AssertionError("work keeps coming")

    def issue(self) -> None:
        """Number, print and store all that can be."""
        for _ in range(5000):
            if not self.app.issue_receipts():
                return
        raise AssertionError("receipts keep coming")

    def leases_run_out(self) -> None:
        """What happens when a worker is silent for as long as a lease."""
        with self.app.database.transaction() as connection:
            for table in ("checkout_attempts", "refunds", "deliveries", "receipts", "notifications"):
                connection.execute(f"UPDATE {table} SET leased_until = NULL")

    def stripe_has(self, kind: str = "checkout.session") -> list[dict[str, Any]]:
        """Everything of one kind that Stripe has, oldest first."""
        return list(self.sandbox.core.world.store.table(kind).oldest())

    def forward(self, **by: float) -> None:
        """Let time pass, for us and for Stripe."""
        self.time.forward(**by)
        self.sandbox.advance()


@contextmanager
def house(database_url: str, *, noted: Noted = nobody, **environ: str) -> Iterator[House]:
    """Open a house on this database; `noted` hears what is noted about payments."""
    time = Time()
    rung: Counter[str] = Counter()
    put_back: list[tuple[str, bytes]] = []
    with running_sandbox(clock=time, seed=1) as sandbox, TemporaryDirectory(prefix="receipts-") as paper:
        settings = load(
            BASE
            | {"DATABASE_URL": database_url, "STRIPE_API_BASE": sandbox.url, "STRIPE_SECRET_KEY": sandbox.secret_key}
            | {"RECEIPT_STORAGE_URL": f"file://{paper}"}
            | environ,
            Role.WORKER,
        )
        app = build_app(
            settings,
            role="test",
            ring=rung.update,
            put_back=lambda queue, body: put_back.append((queue, body)),
            guard=unguarded,
            observer=Unobserved(),
            noted=noted,
            now=time,
        )
        try:
            yield House(app, sandbox, time, rung, put_back)
            assert wrong_events(app) == []
        finally:
            app.close()
