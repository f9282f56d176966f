"""Signing secrets and field keys are rotated three times while webhooks come in, on two replicas of ingest."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import psycopg

from domain.clock import Clock
from domain.security import FORGED_PER_MINUTE
from models.database import Database
from models.outbox import Endpoints
from models.records import EVENTS
from models.sealing import FieldCipher
from models.unit_of_work import Store
from services.record_security_event import RecordSecurityEvent
from services.rotate_keys import CountKeys, RotateKeys
from tests.webhook_ingest.harness import SECRET, Bells, Ingest, Wire, event, signature, wait_until
from webhook_ingest.forgeries import ForgeryAlarm
from webhook_ingest.limits import Limits

QUICK = Limits(secrets_seconds=0.05)
INDEX_KEY = b"i" * 32
THREADS = 8
#: Webhooks a second; GAVELPAY_WEBHOOKS=500 is the trial that docs/reliability.md tells of. Who asks for a rate gets it,
#: or is told; else it is what a busy machine can do of these.
ASKED = os.environ.get("GAVELPAY_WEBHOOKS")
RATE = int(ASKED or "120")


class Vault:
    """Holds the secrets of now, as a file does that every replica reads."""

    def __init__(self) -> None:
        self.secrets: Sequence[str] = [SECRET]
        #: With which Stripe signs.
        self.signing = SECRET
        self.read = 0

    def __call__(self) -> Sequence[str]:
        self.read += 1
        return self.secrets

    def roll(self, secrets: Sequence[str]) -> None:
        """Change them, and wait until both replicas have read them."""
        self.secrets, before = secrets, self.read
        wait_until(lambda: self.read >= before + 4)


class Replicas:
    """Two ingests, one of which is always there: they are restarted one after the other."""

    def __init__(self, url: str, vault: Vault, keys: Sequence[bytes]) -> None:
        self._url, self._vault, self._exits = url, vault, [ExitStack(), ExitStack()]
        self.running: list[Ingest] = []
        self._start(0, keys)
        self._start(1, keys)

    def restart(self, keys: Sequence[bytes], drained: Callable[[], None]) -> None:
        """Give both other keys, as a rolling restart does; `drained` waits until nobody asks the one that goes."""
        for place in (0, 1):
            self.running.pop(0)
            drained()
            self._exits[place].close()
            self._start(place, keys)

    def _start(self, place: int, keys: Sequence[bytes]) -> None:
        cipher = FieldCipher(keys, INDEX_KEY)
        secrets = self._vault.secrets
        ingest = Ingest(self._url, limits=QUICK, secrets=secrets, read_secrets=self._vault, cipher=cipher)
        self.running.append(self._exits[place].enter_context(ingest))

    def close(self) -> None:
        for exits in self._exits:
            exits.close()


class Stripe:
    """Sends signed events at a rate, and keeps what was accepted."""

    def __init__(self, replicas: Replicas, vault: Vault) -> None:
        self.accepted: dict[str, bytes] = {}
        self.refused: list[int] = []
        self._sent = [0] * THREADS
        self._replicas, self._vault, self._over = replicas, vault, threading.Event()

    @contextmanager
    def sending(self) -> Iterator[None]:
        with ThreadPoolExecutor(THREADS) as threads:
            under_way = [threads.submit(self._send, number) for number in range(THREADS)]
            try:
                yield
            finally:
                self._over.set()
            for one in under_way:
                one.result()

    def sign_with(self, secret: str) -> None:
        """From now on; returns when nothing is under way that the old one has signed."""
        self._vault.signing = secret
        self.drained()

    def drained(self) -> None:
        """Returns when all that is under way was begun after the call."""
        before = list(self._sent)
        wait_until(lambda: all(now > then + 1 for now, then in zip(self._sent, before, strict=True)))

    def _send(self, number: int) -> None:
        due = time.monotonic()
        while not self._over.wait(max(0.0, due - time.monotonic())):
            due += THREADS / RATE
            name = f"evt_{uuid4().hex}"
            body = event(name)
            ingest = self._replicas.running[-1]
            status = ingest.post(body, signature(body, ingest.clock.now, self._vault.signing)).status_code
            if status == 200:
                self.accepted[name] = body
            else:
                self.refused.append(status)
            self._sent[number] += 1


def store_of(database: Database, *keys: bytes) -> Store:
    return Store(database, FieldCipher(keys, INDEX_KEY), Endpoints({}, uuid4), Bells())


def rotate(database: Database, *keys: bytes) -> None:
    """As `gavelpay keys rotate` does, beside everything else."""
    RotateKeys(store_of(database, *keys).begin, lambda: datetime.now(UTC))(actor="cli:test")


def test_three_rotations_of_secrets_and_keys_under_load_refuse_no_valid_webhook_and_leave_every_row_readable(
    database_url: str,
) -> None:
    vault, key = Vault(), b"0" * 32
    with closing(Replicas(database_url, vault, [key])) as replicas, closing(Database(database_url)) as database:
        stripe = Stripe(replicas, vault)
        began = time.monotonic()
        with stripe.sending():
            for number in "123":
                old, new = vault.signing, f"whsec_fake_{number}"
                vault.roll([old, new])  # Both are active before Stripe signs with the new one,
                stripe.sign_with(new)
                vault.roll([new])  # and when it signs with the old one no more, that one goes.
                next_key = number.encode() * 32
                replicas.restart(
                    [key, next_key], stripe.drained
                )  # All can read what it encrypts, before any encrypts with it.
                replicas.restart([next_key, key], stripe.drained)
                rotate(database, next_key, key)
                key = next_key
            replicas.restart([key], stripe.drained)
        seconds = time.monotonic() - began
        rotate(database, key)

        assert stripe.refused == []
        store = store_of(database, key)
        assert {one.key_id for one in CountKeys(store.begin)()} == {store.cipher.key_ids[0]}
        assert readable(database_url, key) == stripe.accepted
        assert len(stripe.accepted) > (0.9 * RATE * seconds if ASKED else 100)
        print(f"{len(stripe.accepted) / seconds:.0f} webhooks a second")  # noqa: T201 - shown by `pytest -rP`

        body = event()
        ingest = replicas.running[-1]
        assert ingest.post(body, signature(body, ingest.clock.now, SECRET)).status_code == 400


def quiet(wire: Wire) -> int:
    """What the wire has carried when nothing moves on it any more."""
    while (before := wire.carried) != (time.sleep(0.2) or wire.carried):
        pass
    return before


def readable(url: str, key: bytes) -> dict[str, bytes]:
    """Every stored event, opened with this key alone."""
    cipher = FieldCipher([key], INDEX_KEY)
    with psycopg.connect(url) as connection:
        rows = connection.execute(f"SELECT {EVENTS.selection} FROM webhook_events r").fetchall()
    return {one.stripe_event_id: one.body for one in (EVENTS.load(row, cipher) for row in rows)}


def test_a_flood_of_forged_webhooks_reaches_no_database_and_valid_ones_pass(database_url: str) -> None:
    """PostgreSQL is behind a wire: what comes through it is counted, and then it is cut.

    One security event is recorded of the whole flood, when it begins; from then on it costs not a byte.
    """
    alarms: list[ForgeryAlarm] = []

    def alarmed(store: Store, clock: Clock) -> ForgeryAlarm:
        alarms.append(ForgeryAlarm(RecordSecurityEvent(store.begin, clock), clock))
        return alarms[0]

    with (
        Wire(database_url) as wire,
        Ingest(wire.url, forged=alarmed) as ingest,
        ThreadPoolExecutor(THREADS) as threads,
    ):
        assert ingest.post(event("evt_before")).status_code == 200
        before = quiet(wire)

        def forge(_: int) -> int:
            body = event()
            return ingest.post(body, signature(body, ingest.clock.now, "whsec_of_somebody_else")).status_code

        assert set(threads.map(forge, range(FORGED_PER_MINUTE))) == {400}
        assert wire.carried == before, "so many are borne"
        assert forge(0) == 400
        alarms[0].close()
        assert security_events(database_url) == 1
        before = quiet(wire)

        assert set(threads.map(forge, range(400))) == {400}
        assert wire.carried == before

        flood = [threads.submit(forge, number) for number in range(400)]
        assert {ingest.post(event(f"evt_{number}")).status_code for number in range(20)} == {200}
        assert {one.result() for one in flood} == {400}
        assert len(ingest.stored()) == 21

        wire.cut()
        assert set(threads.map(forge, range(50))) == {400}
        assert ingest.post(event()).status_code == 503
    assert security_events(database_url) == 1


def security_events(url: str) -> int:
    """How many were recorded of forged webhooks."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM security_events WHERE kind = 'forged_webhooks'").fetchone()
    assert row is not None
    return int(row[0])
