"""The command itself: options, start, drill, verdict."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from cli.drill.books import read_losses
from cli.drill.running import Drill
from cli.drill.showing import Show, print_verdict, showing
from cli.drill.striking import Striker
from cli.drill.surroundings import surroundings
from cli.printing import PlainCommand, as_json, print_json
from cli.run.command import EXPECTED
from cli.run.data_dir import held
from cli.run.environment import Own
from cli.run.errors import StopAsked
from cli.run.keys import keep_keys
from cli.run.options import Options
from cli.run.ports import Ports, check_free
from cli.run.sale import prepared_sale
from cli.run.settling import longest_wait
from cli.run.stack import Request, running_stack
from cli.run.standing import Standings
from cli.run.stopping import Stopping, on_signals
from models.database import Database
from proof.drill.flow import Flow
from proof.drill.kinds import Kind
from proof.drill.plan import plan_faults, seconds_of_round
from proof.drill.verdict import Losses, Row, complaints, rows
from sandbox.supervisor import Event, EventKind

#: Room for the eleven ports above the base.
HIGHEST_BASE: Final = 65_000
#: Lots hammered in a second at most; fewer where they would not last for one round of faults.
FASTEST: Final = 2.0
#: Beyond what a sale in peace may take to settle: tries after faults are put off, and lost webhooks are looked for.
AFTERMATH: Final = 240.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command was asked for."""

    payments: int
    seed: int
    data_dir: Path
    port_base: int
    kinds: Sequence[Kind]
    quietly: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    table: Sequence[Row]
    losses: Losses
    complaints: Sequence[str]


@click.command(
    cls=PlainCommand,
    epilog="""\b
Examples:
  gavelpay drill                                     each kind of fault once, on a hundred payments
  gavelpay drill --payments 1000                     the whole of it, about a quarter of an hour
  gavelpay drill --only kill-worker --only redis-emptied --payments 40
  gavelpay drill --json > drill.json
""",
)
@click.option("--payments", type=click.IntRange(1, 100_000), default=100, show_default=True, help="Lots that are sold.")
@click.option("--seed", type=int, default=1, show_default=True, help="Decides lots, buyers and the order of faults.")
@click.option(
    "--only", type=click.Choice([kind.value for kind in Kind]), multiple=True, help="Only faults of this kind. [all]"
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".gavelpay/drill"),
    show_default=True,
    help="Where its own data are.",
)
@click.option(
    "--port-base", type=click.IntRange(1, HIGHEST_BASE), default=8100, show_default=True, help="The first of eleven."
)
@as_json
def drill(*, payments: int, seed: int, only: tuple[str, ...], data_dir: Path, port_base: int, as_json: bool) -> None:
    """Do everything to a running system that can go wrong, and check that nothing is lost.

    Starts a system of its own, with its own servers and a stand-in for Stripe, and an auction house whose buyers pay.
    Meanwhile processes are killed, Redis is emptied, PostgreSQL is restarted, the network between them is cut, the
    disk of the receipts is full, clocks are wrong, and Stripe fails. In the end all books are compared. Exit code 1 if
    anything was lost, charged twice, or took longer to recover than is promised.
    """
    asked = Asked(payments, seed, data_dir, port_base, [Kind(one) for one in only] or list(Kind), as_json)
    stopping = Stopping()
    with on_signals(stopping):
        try:
            outcome = _drill(asked, os.environ, stopping)
        except StopAsked:
            raise click.ClickException("Stopped before it was over; nothing was compared.") from None
        except EXPECTED as error:
            raise click.ClickException(str(error)) from None
    if as_json:
        print_json(_document(asked, outcome))
    else:
        _print(outcome)
    sys.exit(1 if outcome.complaints else 0)


def _drill(asked: Asked, environ: Mapping[str, str], stopping: Stopping) -> Outcome:
    rate = min(FASTEST, asked.payments / seconds_of_round(asked.kinds))
    ports = Ports(asked.port_base)
    with ExitStack() as exits:
        directory = exits.enter_context(held(asked.data_dir))
        keys = keep_keys(directory / "keys.json", directory / "postgres")
        show = exits.enter_context(showing(asked.payments, quietly=asked.quietly))
        show.say(f"Starting. Data are in {directory}.")
        around = exits.enter_context(surroundings(directory, ports))
        given = around.environment(environ)
        check_free(Own.of(given).wanted_ports(ports))
        options = Options(asked.payments, rate, True, directory, asked.port_base, asked.seed)
        sale = exits.enter_context(prepared_sale(options, given, keys))
        request = Request(options, directory, given, keys, sale.listening)
        stack = exits.enter_context(running_stack(request, stopping, lambda event: _tell(show, event)))
        standings = exits.enter_context(Standings(around.postgres.url))
        database = exits.enter_context(
            closing(Database(around.postgres.url, pool_size=1, application="gavelpay drill"))
        )
        flow = Flow(database, stack.settings.windows.grace, stack.settings.windows.sweep)
        striker = Striker(stack, around, directory, ports)
        drill = Drill(stack, sale, standings, flow, striker, show, stopping)
        sale.open(stack)
        exits.callback(sale.house.end_sale)
        show.say(f"{asked.payments} lots are sold, {rate:.1f} in a second.")
        drill.strike_while_selling(plan_faults(asked.seed, asked.kinds), len(asked.kinds))
        show.say("No more faults; everything has time to end.")
        left = drill.settle(longest_wait(stack.settings, asked.payments, rate) + AFTERMATH)
        show.say("All books are read." if left is None else f"Not settled: {left}.", "" if left is None else "red")
        losses = read_losses(stack, sale, standings)
        table = rows(drill.struck, losses, frozenset(sale.auctions))
        return Outcome(table, losses, [*([f"Not settled: {left}."] if left else []), *complaints(table, losses)])


def _tell(show: Show, event: Event) -> None:
    if event.kind is EventKind.GAVE_UP:
        show.say(event.detail, "red")


def _print(outcome: Outcome) -> None:
    click.echo()
    print_verdict(outcome.table)
    click.echo()
    for sentence in outcome.complaints:
        click.secho(sentence, fg="red")
    if not outcome.complaints:
        click.secho("Nothing was lost, nothing was charged twice, every receipt is there once.", fg="green")


def _document(asked: Asked, outcome: Outcome) -> dict[str, Any]:
    return {
        "payments": asked.payments,
        "seed": asked.seed,
        "faults": [row.document() for row in outcome.table],
        "lost": sorted(outcome.losses.lost),
        "chargedTwice": sorted(outcome.losses.charged_twice),
        "receipts": sorted(outcome.losses.receipts),
        "complaints": list(outcome.complaints),
        "ok": not outcome.complaints,
    }
