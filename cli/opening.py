"""Opens what a command needs: settings from the environment, logging, and the wired application."""

import os
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import click
from prometheus_client import CollectorRegistry

from domain.clock import Clock
from gateways.queue.connect import open_put_back, open_ring
from gateways.stripe.breaker import Breaker
from gateways.stripe.guard import StripeGuard
from gateways.stripe.limiter import build_limiter, connect
from gateways.stripe.slots import Rates
from models.database import Database
from models.unit_of_work import Ring, Store
from runtime.analytics import analyzing
from runtime.app import App, build_app, build_new_id, build_store
from runtime.clock import DatabaseClock, SystemClock, keep_fresh
from runtime.extras import LibraryMissing
from runtime.logging import configure_logging
from runtime.logging.outputs import Output
from runtime.metrics import declare_metrics
from runtime.observing import MetricsObserver
from runtime.reporting import open_sentry
from runtime.settings import Role, Settings, SettingsError, given, load
from runtime.tracing import open_tracing

#: Processes that call Stripe, as assumed when they cannot ask Redis: each then keeps to its share of the rate.
_PROCESSES: Final = 4
#: Where `gavelpay run` leaves its variables for other shells.
_SHELL_FILE: Final = Path(".gavelpay/env")
#: Threads of a command that does one thing.
_FEW: Final = 2


class Misconfigured(click.ClickException):
    """The environment is not complete; every problem is told at once."""


@dataclass(frozen=True)
class Process:
    """A wired process."""

    app: App
    ring: Ring
    observer: MetricsObserver
    settings: Settings


def read_settings(role: Role, environ: Mapping[str, str] | None = None, *, needs: Iterable[str] = ()) -> Settings:
    """Read the settings of a process, or say everything that is wrong with them."""
    try:
        return load(os.environ if environ is None else environ, role, needs=needs)
    except SettingsError as error:
        raise Misconfigured(f"{error}{_runs_here()}") from None


def _runs_here() -> str:
    """What helps whoever has started a system here, and asks for it in another shell."""
    return f"\nA system runs here: `. {_SHELL_FILE}` gives a shell its variables." if _SHELL_FILE.exists() else ""


def start_logging(process: str) -> None:
    """Log as this process: readable on a terminal, JSON lines elsewhere; Sentry and OpenTelemetry hear too, if set."""
    configure_logging(
        process=process,
        role=process,
        version=own_version(),
        now=SystemClock(),
        terminal=sys.stderr,
        also=list(_watchers(os.environ, process)),
    )


def _watchers(environ: Mapping[str, str], process: str) -> Iterator[Output]:
    """Who else reads each line of the log: Sentry, OpenTelemetry."""
    try:
        settings = load(environ, Role.RUN)
    except SettingsError:
        return  # the process reads its settings next, and says everything that is wrong with them
    try:
        if settings.crash_reports.dsn is not None:
            yield open_sentry(settings.crash_reports.dsn.reveal(), release=own_version())
        if settings.traces.endpoint is not None:
            yield open_tracing(process=process, release=own_version())
    except LibraryMissing as error:
        raise Misconfigured(str(error)) from None


def own_version() -> str:
    """The release that runs."""
    try:
        return version("gavelpay")
    except PackageNotFoundError:
        return "unknown"


@contextmanager
def open_ring_of(settings: Settings) -> Iterator[Ring]:
    """What rings the bells of the broker that is configured."""
    url = given(settings.redis.broker_url, "BROKER_URL").reveal()
    ring = open_ring(url, ca_file=settings.redis.ca_file)
    try:
        yield ring
    finally:
        ring.close()


@contextmanager
def keeping_time(database: Database) -> Iterator[DatabaseClock]:
    """A clock that follows the database's: machines whose clocks differ agree on when a window ends."""
    stop, clock = threading.Event(), DatabaseClock()
    clock.refresh(database.transaction)
    keeper = threading.Thread(target=keep_fresh, args=(clock, database.transaction, stop), name="clock", daemon=True)
    keeper.start()
    try:
        yield clock
    finally:
        stop.set()
        keeper.join(2)


@contextmanager
def guarding(settings: Settings, observer: MetricsObserver) -> Iterator[StripeGuard]:
    """What every call to Stripe passes through: turns shared with all other processes, and a circuit breaker."""
    ca_file = str(settings.redis.ca_file) if settings.redis.ca_file else None
    redis = connect(given(settings.redis.url, "REDIS_URL").reveal(), ca_file=ca_file)
    rates = Rates(settings.stripe.requests_per_second, settings.stripe.requests_per_endpoint)
    breaker = Breaker(tell=observer.stripe_held_back)
    try:
        yield StripeGuard(build_limiter(redis, rates, processes=_PROCESSES), breaker, observer.stripe_called)
    finally:
        redis.close()


@contextmanager
def open_process(
    role: Role,
    registry: CollectorRegistry,
    *,
    threads: int,
    of_process: bool = True,
    environ: Mapping[str, str] | None = None,
) -> Iterator[Process]:
    """Wire a process of this role, and close all of it at the end.

    Args:
        role: what it is started as; decides which settings it must have.
        registry: where its metrics go.
        threads: how many use cases run at the same time.
        of_process: whether the registry still lacks what prometheus_client tells of the process.
        environ: the variables, where they are not those of this process.
    """
    settings = read_settings(role, environ)
    with ExitStack() as stack:
        ring = stack.enter_context(open_ring_of(settings))
        broker_url = given(settings.redis.broker_url, "BROKER_URL").reveal()
        put_back = open_put_back(broker_url, ca_file=settings.redis.ca_file)
        stack.callback(put_back.close)
        observer = MetricsObserver(declare_metrics(registry, of_process=of_process))
        timing = Database(given(settings.database.url, "DATABASE_URL").reveal(), pool_size=1, application="clock")
        stack.callback(timing.close)
        clock = stack.enter_context(keeping_time(timing))
        app = build_app(
            settings,
            role=role,
            ring=ring,
            put_back=put_back,
            guard=stack.enter_context(guarding(settings, observer)),
            observer=observer,
            noted=stack.enter_context(analyzing(settings, observer.metrics, observer.noted)),
            alarmed=observer.alarmed,
            now=clock,
            threads=threads,
        )
        stack.callback(app.close)
        # A worker takes nothing in hand before it has shown life: windows do not end by a clock that may be days ahead.
        life = replace(app.show_life, now=clock.measured)
        yield Process(replace(app, show_life=life), ring, observer, settings)


@contextmanager
def open_app(environ: Mapping[str, str] | None = None) -> Iterator[App]:
    """The application for a command beside a running stack, given the same variables."""
    with open_process(Role.WORKER, CollectorRegistry(), threads=_FEW, environ=environ) as process:
        yield process.app


@contextmanager
def open_store() -> Iterator[tuple[Store, Clock]]:
    """The database alone, with the keys of its fields, and a clock: for commands that need no broker and no Stripe."""
    settings = read_settings(Role.CLI, needs=("FIELD_ENCRYPTION_KEYS", "FIELD_INDEX_KEY"))
    timing = Database(given(settings.database.url, "DATABASE_URL").reveal(), pool_size=1, application="clock")
    with closing(timing), keeping_time(timing) as clock:
        store = build_store(settings, role="cli", ring=_silence, new_id=build_new_id(clock), threads=1)
        with closing(store):
            yield store, clock


def _silence(_bells: Counter[str]) -> None:
    """Nothing that these commands do makes work for others."""
