"""Starts a system of the drill's own, with servers of its own behind wires that can be cut."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Final

from cli.drill.asking import Asked
from cli.drill.secrets import SecretFiles
from cli.drill.showing import Show
from cli.drill.surroundings import surroundings
from cli.drill.target import Target
from cli.run.data_dir import held
from cli.run.environment import Own
from cli.run.keys import keep_keys
from cli.run.options import Options
from cli.run.ports import Ports, check_free
from cli.run.sale import Sale, prepared_sale
from cli.run.stack import Request, Size, running_stack
from cli.run.stopping import Stopping
from sandbox.supervisor import Event, EventKind

#: Of each what may be several: takeovers from one to another, and two who could both ring.
SIZE: Final = Size(workers=2, schedulers=2)


@contextmanager
def started(
    asked: Asked, rate: float, environ: Mapping[str, str], stopping: Stopping, show: Show
) -> Iterator[tuple[Target, Sale]]:
    """Run a system, and prepare its sale, while the block lasts.

    Raises:
        CannotRun, EmbeddedServerError, SupervisorError, SettingsError: with the reason in a sentence.
        StopAsked: somebody asked to stop before it was up.
    """
    ports = Ports(asked.port_base)

    def tell(event: Event) -> None:
        if event.kind is EventKind.GAVE_UP:
            show.say(event.detail, "red")

    with ExitStack() as exits:
        directory = exits.enter_context(held(asked.data_dir / "drill"))
        keys = keep_keys(directory / "keys.json", directory / "postgres")
        show.say(f"Starting a system with {SIZE.workers} worker processes. Data are in {directory}.")
        around = exits.enter_context(surroundings(directory, ports))
        secrets = SecretFiles(directory / "secrets")
        given = around.environment(environ) | secrets.environment(keys)
        check_free(Own.of(given).wanted_ports(ports))
        options = Options(asked.payments, rate, True, directory, asked.port_base, asked.seed)
        sale = exits.enter_context(prepared_sale(options, given, keys))
        request = Request(options, directory, given, keys, sale.listening, SIZE)
        stack = exits.enter_context(running_stack(request, stopping, tell))
        target = Target(
            run_file=stack.run_file,
            urls=stack.urls,
            service_token=stack.service_token,
            admin_token=None,
            env=stack.env,
            settings=stack.settings,
            database_url=around.postgres.url,
            redis_url=around.valkey.url,
            check=stack.supervisor.raise_failure,
            around=around,
            secrets=secrets,
        )
        yield target, sale
