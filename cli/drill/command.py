"""The command itself: options, start, drill, verdict."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
from redis import Redis

from cli.drill.asking import Asked
from cli.drill.attaching import SHORT, attached, ends_soon
from cli.drill.books import read_losses
from cli.drill.ending import by_operator, by_themselves
from cli.drill.running import Drill
from cli.drill.showing import print_verdict, showing
from cli.drill.starting import started
from cli.drill.striking import Striker
from cli.drill.target import Target
from cli.printing import PlainCommand, as_json, print_json
from cli.run.command import EXPECTED
from cli.run.errors import CannotRun, StopAsked
from cli.run.settling import longest_wait
from cli.run.standing import Standings
from cli.run.stopping import Stopping, on_signals
from models.database import Database
from proof.drill.flow import Flow
from proof.drill.hands import Hands
from proof.drill.kinds import Kind
from proof.drill.plan import plan_faults, seconds_of_round
from proof.drill.verdict import Losses, Row, complaints, rows
from runtime.settings import Settings

#: Room for the nine ports above the base.
HIGHEST_BASE: Final = 65_000
#: Lots hammered in a second at most: what two cores bear beside everything else.
FASTEST: Final = 2.0
#: Beyond what a sale in peace may take to settle: tries after faults are put off, and lost webhooks are looked for.
AFTERMATH: Final = 240.0
#: Seconds that the broker may take to say what it has handed out.
REDIS_TIMEOUT: Final = 2.0


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
  gavelpay drill --data-dir .gavelpay                what `gavelpay run` keeps running there
  gavelpay drill --only kill-worker --only redis-emptied --payments 40
  gavelpay drill --json > drill.json
""",
)
@click.option("--payments", type=click.IntRange(1, 100_000), default=100, show_default=True, help="Lots that are sold.")
@click.option("--seed", type=int, default=1, show_default=True, help="Decides lots, buyers and the order of faults.")
@click.option(
    "--rate",
    type=click.FloatRange(0.01, 1000),
    default=FASTEST,
    show_default=True,
    help="Lots a second; fewer where they would not last for a round of faults.",
)
@click.option(
    "--only", type=click.Choice([kind.value for kind in Kind]), multiple=True, help="Only faults of this kind. [all]"
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".gavelpay"),
    show_default=True,
    help="What runs there is drilled; else a system is started, with its data in `drill` there.",
)
@click.option(
    "--port-base",
    type=click.IntRange(1, HIGHEST_BASE),
    default=8100,
    show_default=True,
    help="The first of ten, of a system of its own.",
)
@as_json
def drill(
    *, payments: int, seed: int, rate: float, only: tuple[str, ...], data_dir: Path, port_base: int, as_json: bool
) -> None:
    """Do everything to a running system that can go wrong, and check that nothing is lost.

    The system is the one that `gavelpay run` keeps running in this data directory, on Stripe's stand-in; where none
    does, one is started, with servers and several workers of its own. An auction house sells, and its buyers pay.
    Meanwhile processes are killed, Redis is emptied, PostgreSQL is restarted, the network between them is cut, the
    disk of the receipts is full, clocks are wrong, secrets are rotated, and Stripe fails. In the end all books are
    compared. Exit code 1 if anything was lost, charged twice, or took longer to recover than is promised.
    """
    asked = Asked(payments, seed, data_dir, port_base, [Kind(one) for one in only], as_json, rate)
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
    rate = min(asked.fastest, asked.payments / seconds_of_round(asked.kinds or list(Kind)))
    with ExitStack() as exits:
        show = exits.enter_context(showing(asked.payments, quietly=asked.quietly))
        running = exits.enter_context(attached(asked, rate, stopping))
        if running is not None:
            show.say(f"Drilling the system that runs in {asked.data_dir.absolute()}.")
        target, sale = running or exits.enter_context(started(asked, rate, environ, stopping, show))
        striker = Striker(target, target.run_file.parent / "logs")
        kinds = _possible(asked.kinds, striker)
        standings = exits.enter_context(Standings(target.database_url))
        flow = exits.enter_context(flow_of(target))
        end = by_themselves if ends_soon(target.settings) else by_operator(target)
        drill = Drill(target, sale, standings, flow, striker, show, stopping, end)
        sale.open(target)
        exits.callback(sale.house.end_sale)
        show.say(f"{asked.payments} lots are sold, {rate:.1f} in a second.")
        drill.strike_while_selling(plan_faults(asked.seed, kinds), len(kinds))
        show.say("No more faults; everything has time to end.")
        left = drill.settle(_longest_wait(target.settings, asked.payments, rate))
        show.say("All books are read." if left is None else f"Not settled: {left}.", "" if left is None else "red")
        losses = read_losses(target, sale, standings)
        table = rows(drill.struck, losses, frozenset(sale.auctions))
        found = [*([f"Not settled: {left}."] if left else []), *striker.problems, *complaints(table, losses)]
        return Outcome(table, losses, found)


def _possible(asked: Sequence[Kind], striker: Striker) -> Sequence[Kind]:
    """The kinds to do. Raises `CannotRun` where one was asked for that cannot be done to this system."""
    if impossible := [kind for kind in asked if not striker.can(kind)]:
        listed = ", ".join(impossible)
        raise CannotRun(f"This cannot be done to a system that the drill has not started itself: {listed}.")
    return asked or [kind for kind in Kind if striker.can(kind)]


@contextmanager
def flow_of(target: Target) -> Iterator[Flow]:
    """What looks at the work of a system, by connections of its own."""
    with (
        closing(Database(target.database_url, pool_size=1, application="gavelpay drill")) as database,
        closing(Redis.from_url(target.redis_url, socket_timeout=REDIS_TIMEOUT)) as redis,
    ):
        broker = redis if (target.urls["broker"] or "").startswith("redis") else None
        windows = target.settings.windows
        yield Flow(database, Hands(database, broker), windows.grace, windows.sweep)


def _longest_wait(settings: Settings, payments: int, rate: float) -> float:
    """Windows that an operator ends are not waited for."""
    return min(longest_wait(settings, payments, rate), payments / rate + SHORT.total_seconds() * 2) + AFTERMATH


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
