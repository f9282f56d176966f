"""Runs a sandbox on 127.0.0.1: in a thread for tests, or until a signal as a process of its own."""

import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import uvicorn

from sandbox.stripe.acts.buyer import Outcome
from sandbox.stripe.app import App
from sandbox.stripe.core import StripeCore
from sandbox.stripe.faults import Fault
from sandbox.stripe.host import Host
from sandbox.stripe.journal import Journal
from sandbox.stripe.settings import SECRET_KEY, Settings
from sandbox.stripe.store import Store
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import Clock

#: How long a server may take to start or stop, in seconds.
PATIENCE: Final = 15.0
BACKLOG: Final = 2048


def system_clock() -> datetime:
    """The real time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """A sandbox that listens on `url`. The methods may be called from any thread."""

    url: str
    host: Host
    secret_key: str = SECRET_KEY

    @property
    def core(self) -> StripeCore:
        """The core, to look at. To change something, use the methods here, or `host.using()`."""
        with self.host.quietly() as core:
            return core

    def pay(self, target: str, card: str = "4242424242424242", *, email: str | None = None) -> Outcome:
        """Pay a checkout or intent."""
        with self.host.using() as core:
            return core.pay(target, card, email=email)

    def authenticate(self, target: str, *, passed: bool = True) -> Outcome:
        """Answer the 3-D Secure step."""
        with self.host.using() as core:
            return core.authenticate(target, passed=passed)

    def settle(self, target: str, *, passed: bool = True) -> Outcome:
        """Let a bank debit arrive or fail."""
        with self.host.using() as core:
            return core.settle(target, passed=passed)

    def advance(self, seconds: float = 0.0) -> datetime:
        """Move the sandbox's clock; returns its new time."""
        with self.host.using() as core:
            core.advance(seconds)
            return core.now()

    def fault(self, kind: str, operation: str = "*", **details: float | None) -> None:
        """Put a fault in force (see `faults.Fault`)."""
        with self.host.using() as core:
            core.world.faults.add(Fault(kind, operation, **details))  # type: ignore[arg-type]

    def clear_faults(self) -> None:
        """Behave again."""
        with self.host.using() as core:
            core.world.faults.clear()

    def listen(self, url: str, secret: str | None = None) -> Obj:
        """Have webhooks sent to a URL."""
        with self.host.using() as core:
            return core.listen(url, secret)

    def books(self) -> Obj:
        """Stripe's own books."""
        with self.host.using() as core:
            return core.books()


@contextmanager
def running_sandbox(
    *,
    webhook_url: str | None = None,
    webhook_secret: str | None = None,
    settings: Settings | None = None,
    clock: Clock = system_clock,
    seed: int | str | None = None,
    port: int = 0,
    data_file: Path | None = None,
) -> Iterator[RunningSandbox]:
    """A sandbox in a thread of this process, on a free port of 127.0.0.1, stopped at the end.

    Args:
        webhook_url: Where events are sent.
        webhook_secret: What signs them (`whsec_…`); one is made up if it is not given.
        settings: How this Stripe behaves; its public URL is set here.
        clock: The time, before it is moved.
        seed: Of ids and faults; None: different each time.
        port: 0: a free one.
        data_file: Where to keep what happened, and to find what happened before.
    """
    listener = bind(port)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    chosen = replace(settings or Settings(), public_url=url)
    journal = Journal(data_file) if data_file is not None else None
    core = open_core(chosen, clock, seed, journal)
    if webhook_url is not None:
        core.listen(webhook_url, webhook_secret, name="start")
    host = Host(core, journal)
    server = uvicorn.Server(config(host))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="stripe-sandbox", daemon=True)
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield RunningSandbox(url, host, chosen.secret_keys[0])
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        listener.close()
        if journal is not None:
            journal.close()


def open_core(settings: Settings, clock: Clock, seed: int | str | None, journal: Journal | None = None) -> StripeCore:
    """A core, with what its journal knows. Each start has dice of its own, or ids would repeat."""
    store = journal.store if journal is not None else Store()
    starts = store.find("sandbox.setting", "starts") or {"id": "starts", "object": "sandbox.setting", "count": 0}
    dice = random.Random(None if seed is None else f"{seed}:{starts['count']}")  # noqa: S311
    store.save({**starts, "count": starts["count"] + 1})
    return StripeCore(clock, dice, settings, store=store)


def bind(port: int) -> socket.socket:
    """A listening socket on loopback; port 0: a free one."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        # Whoever is told the address may connect at once, and waits until the server takes over.
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def config(host: Host) -> uvicorn.Config:
    """How uvicorn serves a sandbox; the protocol without websockets, quiet, and quick to stop."""
    return uvicorn.Config(
        App(host),
        ws="none",
        lifespan="on",
        # Logging is the caller's; what goes wrong reaches its handlers, or standard error.
        log_config=None,
        access_log=False,
        # The API's answers bear the sandbox's own time.
        date_header=False,
        timeout_graceful_shutdown=2,
        timeout_keep_alive=60,
        backlog=BACKLOG,
    )


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + PATIENCE
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the sandbox did not start")
        time.sleep(0.005)
