"""`gavelpay simulate`: whole payment lives in virtual time, with everything that can go wrong."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import Any, Final, NoReturn

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.printing import PlainCommand, as_json, print_json
from proof.simulation.jobs import Jobs, opened_jobs
from proof.simulation.pace import Pace
from proof.simulation.results import ResultsFile, summary
from proof.simulation.run import Plan, Result

#: Seconds after which a run of many says how far it is, where nobody sees a bar.
_SAY_EVERY: Final = 60.0
_SEEDS: Final = 100


@click.command(
    cls=PlainCommand,
    epilog="""\b
Examples:
  gavelpay simulate                        a hundred runs of a hundred payments
  gavelpay simulate --seeds 2000 --payments 500 --jobs 2
  gavelpay simulate --seed 4711            one run again, exactly as it was
  gavelpay simulate --seed 4711 --log      every line of it
  gavelpay simulate --seed 4711 --lot 3 --lot 8 --no-faults
                                           these two lots of it, and nothing that goes wrong
  gavelpay simulate --seed 4711 --seeds 5  this run, and the four after it
  gavelpay simulate --seeds 2000 --payments 500 --keep-going --results runs.txt --resume
                                           the same command again goes on where it was killed
""",
)
@click.option("--seeds", type=click.IntRange(1), help="How many runs.  [default: 100; with --seed 1]")
@click.option("--seed", type=int, help="This run alone; with --seeds the first of them.")
@click.option("--first-seed", "--from-seed", type=int, default=1, show_default=True, help="The seed of the first run.")
@click.option("--payments", type=click.IntRange(1), default=100, show_default=True, help="Lots sold in each run.")
@click.option("--jobs", type=click.IntRange(1, 64), default=lambda: os.cpu_count() or 1, help="Processes. [cores]")
@click.option(
    "--lot", "lots", type=click.IntRange(0), multiple=True, help="With --seed: this lot; others are not sold."
)
@click.option("--fault", "faults", multiple=True, help="With --seed: this fault, and no other.")
@click.option("--no-faults", is_flag=True, help="With --seed: nothing goes wrong.")
@click.option("--log", is_flag=True, help="Print every line of what happened.")
@click.option("--results", type=click.Path(dir_okay=False, path_type=Path), help="Append a line for each run to it.")
@click.option("--resume", is_flag=True, help="Leave out the runs that have a line in --results, and held.")
@click.option("--keep-going", is_flag=True, help="Do all runs, also after one in which something does not hold.")
@click.option("--shrink/--no-shrink", default=True, help="Cut a failing run to the fewest payments and faults.")
@click.option("--server", envvar="GAVELPAY_SIMULATE_SERVER", hidden=True, help="A throw-away server's superuser.")
@as_json
def simulate(
    *,
    seeds: int | None,
    seed: int | None,
    first_seed: int,
    payments: int,
    jobs: int,
    lots: tuple[int, ...],
    faults: tuple[str, ...],
    no_faults: bool,
    log: bool,
    results: Path | None,
    resume: bool,
    keep_going: bool,
    shrink: bool,
    server: str | None,
    as_json: bool,
) -> None:
    """Simulate payments with everything that can go wrong, and check that nothing is lost.

    Each seed is one run on a throw-away database: the real use cases and SQL with a virtual clock; a broker that loses,
    delays and repeats; a Stripe that loses replies and webhooks; buyers and operators; workers that die at any call
    or commit. The same seed gives the same run. It stops at the first run in which something does not hold: with the
    seed, what is broken, and the timeline of the payment. Exit code 1 then.
    """
    if resume and results is None:
        raise click.UsageError("--resume goes on where a file of --results ends: name it.")
    if (lots or faults or no_faults) and seed is None:
        raise click.UsageError("--lot, --fault and --no-faults cut one run down: name it by --seed.")
    first = first_seed if seed is None else seed
    chosen = list(range(first, first + (seeds or (_SEEDS if seed is None else 1))))
    file = None if results is None else ResultsFile(results)
    held = file.held(payments) if file is not None and resume else set()
    left = frozenset(lots) or None, frozenset(faults) if faults or no_faults else None
    plans = [Plan(one, payments, *left, whole_log=log) for one in chosen if one not in held]
    if resume:
        click.echo(f"{len(chosen) - len(plans)} of {len(chosen)} runs are over, and held.", err=True)
    if not plans:
        return
    tell: Callable[[Result], None] = _nothing if as_json else _print_run
    record = _nothing if file is None else file.add
    with _ended_cleanly(), opened_jobs(min(jobs, len(plans)), server) as pool:
        done, failed = _all(pool, plans, tell, record, keep_going=keep_going)
        small = pool.shrink(failed) if failed is not None and shrink else failed
    if as_json:
        print_json(_document(done, failed, small))
    else:
        _print(done, failed, small)
    sys.exit(1 if failed else 0)


@contextmanager
def _ended_cleanly() -> Iterator[None]:
    """Whoever ends us politely ends our servers, and their folders, too."""

    def end(number: int, _frame: object) -> NoReturn:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _all(
    pool: Jobs,
    plans: list[Plan],
    tell: Callable[[Result], None],
    record: Callable[[Result], None],
    *,
    keep_going: bool,
) -> tuple[list[dict[str, Any]], Result | None]:
    console = Console(file=sys.stderr)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}"),
        TimeElapsedColumn(),
    )
    runs: list[dict[str, Any]] = []
    failed: Result | None = None
    pace, said_at = Pace(len(plans), time.monotonic), time.monotonic()

    def over(result: Result) -> None:
        nonlocal said_at
        record(result)
        pace.add(result.payments)
        bar.update(task, advance=1, pace=str(pace))
        if not console.is_terminal and time.monotonic() - said_at > _SAY_EVERY:
            said_at = time.monotonic()
            click.echo(f"{pace.runs} of {len(plans)} runs: {pace}", err=True)

    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("runs", total=len(plans), pace="")
        for result in pool.run(plans, over):
            runs.append(_run(result))
            tell(result)
            if result.broken:
                failed = failed or result
                if not keep_going:
                    break
    if not console.is_terminal:
        click.echo(pace, err=True)
    return runs, failed


def _nothing(_result: Result) -> None:
    """Nobody hears of it."""


def _print_run(one: Result) -> None:
    click.echo(summary(one))
    if one.plan.whole_log:
        for line in one.timeline:
            click.echo(f"  {line}")


def _print(runs: list[dict[str, Any]], failed: Result | None, small: Result | None) -> None:
    if failed is None or small is None:
        lived = sum(one["payments"] for one in runs)
        click.echo(f"{lived} payments in {len(runs)} runs: everything holds.")
        return
    click.echo(f"\nseed {failed.plan.seed} with {failed.plan.payments} lots is broken:")
    for broken in failed.broken[:20]:
        click.echo(f"  {broken.lot or '-'}: {broken.sentence}")
    click.echo(f"\nIt breaks with {len(small.plan.numbers())} lots and {len(small.faults)} faults:")
    for fault in small.faults:
        click.echo(f"  {fault}")
    for broken in small.broken[:20]:
        click.echo(f"  {broken.lot or '-'}: {broken.sentence}")
    click.echo("\nTimeline:")
    for line in small.timeline:
        click.echo(f"  {line}")
    again = f"gavelpay simulate --seed {failed.plan.seed} --payments {failed.plan.payments}"
    click.echo(f"\nAgain: {again}")
    if small is not failed:
        click.echo(f"Again, cut down: {again} {_cuts(small)}")


def _cuts(small: Result) -> str:
    """The options that leave what is left of a run."""
    lots = [f"--lot {number}" for number in small.plan.numbers()]
    faults = [f"--fault {quote(one)}" for one in small.faults] or ["--no-faults"]
    return " ".join([*lots, *faults])


def _run(one: Result) -> dict[str, Any]:
    return {
        "seed": one.plan.seed,
        "payments": one.payments,
        "statuses": one.statuses,
        "calls": one.calls,
        "faults": len(one.faults),
        "log": one.digest,
    }


def _document(runs: list[dict[str, Any]], failed: Result | None, small: Result | None) -> dict[str, Any]:
    return {
        "runs": runs,
        "payments": sum(one["payments"] for one in runs),
        "broken": None
        if failed is None or small is None
        else {
            "seed": failed.plan.seed,
            "payments": failed.plan.payments,
            "invariants": [{"lot": one.lot, "sentence": one.sentence} for one in failed.broken],
            "smallest": {
                "lots": small.plan.numbers(),
                "faults": small.faults,
                "invariants": [{"lot": one.lot, "sentence": one.sentence} for one in small.broken],
                "timeline": small.timeline,
            },
        },
    }
