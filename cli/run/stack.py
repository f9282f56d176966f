"""Starts everything in order, keeps it running, and stops it in the reverse order."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.run.announcing import tokens, urls
from cli.run.children import Processes
from cli.run.environment import Addresses, Own, child_environment, is_set
from cli.run.errors import CannotRun
from cli.run.mailbox import serving_mailbox
from cli.run.migrating import migrate
from cli.run.options import Options
from cli.run.ports import Ports, url
from cli.run.run_file import RunFile
from cli.run.shell_file import NAME, shown_to_shells
from cli.run.stopping import LOOK, Stopping
from runtime.settings import Role, Settings, given, load
from sandbox.embedded import PostgresServer, ValkeyServer
from sandbox.embedded.binaries import find_postgres
from sandbox.embedded.server import EmbeddedServer
from sandbox.supervisor import Child, Event, Supervisor

#: All of it together is ready in seconds; a slow machine gets its time.
READY_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Size:
    """How many processes of what there may be several of."""

    workers: int = 1
    schedulers: int = 1


@dataclass(frozen=True, slots=True)
class Request:
    """What to run.

    Attributes:
        options: the command's.
        directory: the data directory, held.
        environ: what the user has set.
        keys: what was generated here.
        listening: where the simulated auction house hears of `auction.…` and of `order.…` events.
        size: how many processes.
    """

    options: Options
    directory: Path
    environ: Mapping[str, str]
    keys: Mapping[str, str]
    listening: tuple[str, str]
    size: Size = Size()


@dataclass(frozen=True, slots=True)
class Stack:
    """A running system."""

    settings: Settings
    env: Mapping[str, str]
    urls: Mapping[str, str | None]
    service_token: str | None
    own: Own
    supervisor: Supervisor
    #: `run.json`.
    run_file: Path


@contextmanager
def running_stack(request: Request, stopping: Stopping, tell: Callable[[Event], None]) -> Iterator[Stack]:
    """Run the system while the block lasts.

    Args:
        request: what to run.
        stopping: ends the start at once.
        tell: is told of every start and death.

    Raises:
        CannotRun, SupervisorError, EmbeddedServerError, SettingsError: with the reason in a sentence.
        StopAsked: somebody asked to stop before it was up.
    """
    own, ports = Own.of(request.environ), Ports(request.options.port_base)
    file = RunFile(request.directory / "run.json", supervisor=os.getpid())
    file.remove()  # of a run that was killed
    (request.directory / NAME).unlink(missing_ok=True)

    def heard(event: Event) -> None:
        file.update(supervisor.pids())
        tell(event)

    with ExitStack() as exits:
        supervisor = Supervisor(heard)
        smtp = exits.enter_context(serving_mailbox(ports, request.directory / "mailbox")) if own.mailbox else None
        postgres = PostgresServer(request.directory, ports.postgres) if own.postgres else None
        valkey = ValkeyServer(request.directory, ports.redis) if own.redis else None
        servers = [_take(server, exits) for server in (postgres, valkey) if server is not None]
        exits.callback(supervisor.stop)
        exits.callback(file.remove)
        auction, order = request.listening
        addresses = Addresses(
            api=url(ports.api),
            database=postgres.url if postgres else None,
            redis=valkey.url if valkey else None,
            sandbox=url(ports.sandbox) if own.sandbox else None,
            smtp=smtp,
            auction=auction if own.auction_listener else None,
            order=order if own.order_listener else None,
        )
        env = child_environment(request.environ, request.options, addresses, request.keys)
        settings = load(env, Role.RUN)
        processes = Processes(
            ports,
            env,
            request.directory,
            makes_tokens=not is_set(request.environ, "AUTH_JWT_SECRET", "AUTH_JWKS_URL"),
            has_mailbox=own.mailbox,
            webhook_secret=settings.stripe.webhook_secrets[0].reveal(),
        )
        stripe = [processes.sandbox()] if own.sandbox else []
        database_url = given(settings.database.url, "DATABASE_URL").reveal()
        _start(supervisor, servers, stripe, _house(processes, request.size), stopping, database_url=database_url)
        file.urls, file.tokens = urls(ports, own, settings), tokens(settings)
        programs = [find_postgres().directory] if own.postgres else []
        exits.enter_context(shown_to_shells(request.directory, env, programs))
        file.show(supervisor.pids())
        yield Stack(settings, env, file.urls, file.tokens["service_token"], own, supervisor, file.path)


def _start(
    supervisor: Supervisor,
    servers: list[Child],
    stripe: list[Child],
    house: list[Child],
    stopping: Stopping,
    *,
    database_url: str,
) -> None:
    """The servers, then the schema, then the system. The sandbox starts beside the servers, and stops before them."""
    supervisor.launch(*servers)
    supervisor.launch(*stripe)
    _wait_ready(supervisor, servers, stopping)
    migrate(database_url)
    supervisor.launch(*house)
    _wait_ready(supervisor, [*stripe, *house], stopping)


def _house(processes: Processes, size: Size) -> list[Child]:
    one_each = [processes.ingest(), processes.api(), processes.worker(size.workers), processes.scheduler()]
    return [*one_each, *processes.other_schedulers(size.schedulers - 1)]


def _take(server: EmbeddedServer, exits: ExitStack) -> Child:
    child = server.child()
    exits.callback(server.release)
    return child


def _wait_ready(supervisor: Supervisor, children: list[Child], stopping: Stopping) -> None:
    def all_ready() -> bool:
        supervisor.raise_failure()
        return all(supervisor.is_ready(child.name) for child in children)

    if not stopping.until(all_ready, int(READY_SECONDS / LOOK)):
        late = ", ".join(child.name for child in children if not supervisor.is_ready(child.name))
        raise CannotRun(f"Not ready within {READY_SECONDS:g} seconds: {late}. Their logs say more.")
