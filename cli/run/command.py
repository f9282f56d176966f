"""The command itself: options, start, watch, end."""

import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

import click

from cli.run.data_dir import held
from cli.run.display import Display, showing
from cli.run.environment import Own
from cli.run.errors import CannotRun, StopAsked
from cli.run.keys import keep_keys
from cli.run.options import Options
from cli.run.ports import Ports, check_free
from cli.run.sale import prepared_sale
from cli.run.shell_file import refuse_such_a_shell
from cli.run.stack import Request, running_stack
from cli.run.stopping import Stopping, on_signals
from cli.run.watching import Watch
from runtime.settings import NotConfigured, Role, SettingsError, load
from sandbox.embedded import EmbeddedServerError
from sandbox.supervisor import Event, EventKind, SupervisorError

#: Room for the nine ports above the base.
HIGHEST_BASE: Final = 65_000
#: What keeps it from running, told in a sentence rather than a traceback.
EXPECTED: Final = (CannotRun, SettingsError, NotConfigured, EmbeddedServerError, SupervisorError)


@click.command(
    epilog="""\b
Examples:
  gavelpay run                                      serve, and simulate 12 auctions
  gavelpay run --auctions 0                         only serve
  gavelpay run --auctions 40 --exit-when-settled    a trial, with a check of every cent at its end
"""
)
@click.option("--auctions", type=click.IntRange(0, 100_000), default=12, show_default=True, help="Simulated auctions.")
@click.option("--rate", type=click.FloatRange(0.01, 1000), default=2.0, show_default=True, help="Auctions per second.")
@click.option("--exit-when-settled", is_flag=True, help="End when every simulated payment has; check the money.")
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".gavelpay"),
    show_default=True,
    help="Where data stay between runs.",
)
@click.option(
    "--port-base", type=click.IntRange(1, HIGHEST_BASE), default=8000, show_default=True, help="The first of ten ports."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Decides lots, buyers and what they do.")
def run(auctions: int, rate: float, *, exit_when_settled: bool, data_dir: Path, port_base: int, seed: int) -> None:
    """Run the whole system on this machine, until Ctrl-C.

    Starts PostgreSQL, Redis and a stand-in for Stripe, each unless its variable is set (DATABASE_URL, REDIS_URL,
    STRIPE_SECRET_KEY), then the system itself, and an auction house whose buyers pay, decline, pay late or never.
    """
    options = Options(auctions, rate, exit_when_settled, data_dir, port_base, seed)
    sys.exit(run_until_stopped(options, os.environ))


def run_until_stopped(options: Options, environ: Mapping[str, str]) -> int:
    """Run, and return the exit code: 0 stopped or settled, 1 it could not run, did not settle, or money is amiss."""
    stopping = Stopping()
    with on_signals(stopping):
        try:
            return _run(options, environ, stopping)
        except StopAsked:
            return 0
        except EXPECTED as error:
            click.echo(str(error), err=True)
            return 1


def _run(options: Options, environ: Mapping[str, str], stopping: Stopping) -> int:
    refuse_such_a_shell(environ)
    with ExitStack() as exits:
        directory = exits.enter_context(held(options.data_dir))
        load(environ, Role.RUN)  # says what is wrong before anything is started
        check_free(Own.of(environ).wanted_ports(Ports(options.port_base)))
        keys = keep_keys(directory / "keys.json", directory / "postgres")
        sale = exits.enter_context(prepared_sale(options, environ, keys))
        display = exits.enter_context(showing())
        display.say(f"Starting. Data are in {directory}.")
        tell = partial(_tell, display, stopping)
        request = Request(options, directory, environ, keys, sale.listening)
        stack = exits.enter_context(running_stack(request, stopping, tell))
        watch = exits.enter_context(Watch.begun(options, stack, sale, display, directory))
        return watch.until_over(stopping)


def _tell(display: Display, stopping: Stopping, event: Event) -> None:
    if event.kind is EventKind.DIED and not stopping.asked:
        display.say(f"{event.name} (process {event.pid}) {event.detail}; it is started again.", "yellow")
    elif event.kind is EventKind.GAVE_UP:
        display.say(event.detail, "red")
