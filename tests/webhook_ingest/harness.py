"""A running ingest, what Stripe sends to it, and a wire to PostgreSQL that can be cut."""

import hashlib
import hmac
import itertools
import json
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import psycopg

from domain.messaging import StoredEvent
from models.database import Database
from models.outbox import Endpoints
from models.sealing import FieldCipher
from models.unit_of_work import Ring, Store
from runtime.serving import listen
from services.receive_events import ReadEvent, ReceiveEvents
from tests.sockets import read_all
from webhook_ingest.app import create_app
from webhook_ingest.forgeries import nobody_hears
from webhook_ingest.limits import Limits
from webhook_ingest.server import build_server
from webhook_ingest.webhook import WEBHOOK_PATH

SECRET = "whsec_fake_for_tests"
OLD_SECRET = "whsec_fake_from_before"
CIPHER = FieldCipher([b"k" * 32], b"i" * 32)
#: A real server under load on a small machine gets its time; nothing here waits that long when all is well.
PATIENCE = 30.0

_numbers = itertools.count(1)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Counts:
    """Counts what ingest counts."""

    def __init__(self) -> None:
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.failures: Counter[str] = Counter()

    def received(self, event_type: str, outcome: str) -> None:
        self.outcomes[event_type, outcome] += 1

    def signature_failure(self, reason: str) -> None:
        self.failures[reason] += 1


class Bells:
    """Hears the bells."""

    def __init__(self) -> None:
        self.rung: Counter[str] = Counter()

    def __call__(self, bells: Counter[str]) -> None:
        self.rung.update(bells)


def event(event_id: str | None = None, event_type: str = "checkout.session.completed", **more: Any) -> bytes:
    """The body of a Stripe event."""
    number = next(_numbers)
    document = {"id": f"cs_{number}", "object": "checkout.session", "metadata": {"payment_session_id": str(uuid4())}}
    body = {
        "id": event_id or f"evt_{number}",
        "object": "event",
        "type": event_type,
        "created": 1_795_000_000,
        "livemode": False,
        "data": {"object": document},
        **more,
    }
    return json.dumps(body).encode()


def stored_event(event_id: str = "evt_1", size: int = 2) -> StoredEvent:
    """The same as a record, without a server."""
    read = ReadEvent(Clock(), uuid4)
    return read(event(event_id, padding="x" * size))


def signature(body: bytes, at: datetime, secret: str = SECRET) -> str:
    """A `Stripe-Signature` as Stripe makes it."""
    seconds = int(at.timestamp())
    digest = hmac.new(secret.encode(), b"%d." % seconds + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


class Ingest:
    """A running ingest on a free port of loopback, over a real database."""

    def __init__(
        self,
        url: str,
        *,
        ring: Ring | None = None,
        receive: Callable[[Store], Callable[[Sequence[StoredEvent]], object]] | None = None,
        limits: Limits | None = None,
        ready: Callable[[], bool] = lambda: True,
        render_metrics: Callable[[], bytes] = lambda: b"up 1\n",
        new_id: Callable[[], UUID] = uuid4,
        forged: Callable[[Store, Clock], Callable[[str], None]] = lambda _store, _clock: nobody_hears,
        read_secrets: Callable[[], Sequence[str]] | None = None,
        secrets: Sequence[str] = (SECRET, OLD_SECRET),
        cipher: FieldCipher = CIPHER,
    ) -> None:
        self.clock = Clock()
        self.counts = Counts()
        self.bells = Bells()
        self.url = url
        self.database = Database(url, pool_size=2)
        store = Store(self.database, cipher, Endpoints({}, new_id), ring or self.bells)
        self.app = create_app(
            receive=receive(store) if receive else ReceiveEvents(store.begin_single),
            read=ReadEvent(self.clock, new_id),
            secrets=secrets,
            clock=self.clock,
            metrics=self.counts,
            ready=ready,
            render_metrics=render_metrics,
            limits=limits,
            forged=forged(store, self.clock),
            read_secrets=read_secrets,
        )
        self.server = build_server(self.app, limits or Limits())
        self._listener = listen("ingest", "127.0.0.1", 0, 128)
        self.address: tuple[str, int] = self._listener.getsockname()
        self._thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self._listener]})
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.address[1]}",
            timeout=PATIENCE,
            limits=httpx.Limits(max_connections=100),
            trust_env=False,
            # It speaks plain HTTP: reading whom to trust would take longer than most tests of ingest.
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.stop()
        self.database.close()

    def stop(self) -> None:
        self.server.should_exit = True
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def post(self, body: bytes, header: str | None = None) -> httpx.Response:
        """Post a body, rightly signed unless a header is given."""
        signed = signature(body, self.clock.now) if header is None else header
        return self.client.post(WEBHOOK_PATH, content=body, headers={"stripe-signature": signed} if signed else {})

    def stored(self) -> list[str]:
        """The ids of the events in the database, in their order."""
        return stored(self.url)

    def connect(self) -> socket.socket:
        """A connection for what no proper client would send."""
        return socket.create_connection(self.address, timeout=PATIENCE)

    def raw(self, head: bytes, body: bytes = b"") -> bytes:
        """Send bytes on a connection of its own; returns all that comes back."""
        with self.connect() as connection:
            connection.sendall(head + body)
            return read_all(connection)


def stored(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT stripe_event_id FROM webhook_events ORDER BY stripe_event_id").fetchall()
    return [row[0] for row in rows]


@contextmanager
def locked_inbox(url: str) -> Iterator[None]:
    """Nobody can store an event meanwhile: commits that are under way wait."""
    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE webhook_events IN EXCLUSIVE MODE")
        yield


def wait_until(condition: Callable[[], object]) -> None:
    """Wait, within bounds, until something is so."""
    waiting = threading.Event()
    for _ in range(int(PATIENCE / 0.02)):
        if condition():
            return
        waiting.wait(0.02)
    raise TimeoutError("it did not become so")


def waiting_for_locks(url: str) -> int:
    """How many statements wait for a lock in this database."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchone()
    assert row is not None
    return int(row[0])


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


class Wire:
    """A TCP proxy to PostgreSQL on loopback. `cut` closes everything and refuses; `mend` takes connections again."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname, parts.port)
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._port = 0
        #: Bytes, both ways.
        self.carried = 0
        self.mend()
        user = parts.netloc.rpartition("@")[0]
        self.url = parts._replace(netloc=f"{user}@127.0.0.1:{self._port}").geturl()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        for thread in self._threads:
            thread.join(PATIENCE)

    def mend(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listener.getsockname()[1]
        self._accepting = self._start(self._accept, self._listener)

    def cut(self) -> None:
        _close(self._listener)
        self._accepting.join(PATIENCE)  # so that nobody slips through in between
        while self._open:
            _close(self._open.pop())

    def _start(self, work: Callable[..., None], *args: Any) -> threading.Thread:
        self._threads.append(threading.Thread(target=work, args=args))
        self._threads[-1].start()
        return self._threads[-1]

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._target)
                self._open += [near, far]
                self._start(self._pump, near, far)
                self._start(self._pump, far, near)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                sink.sendall(piece)
                self.carried += len(piece)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
