"""`gavelpay simulate`: whole payment lives in virtual time, with everything that can go wrong."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.printing import PlainCommand, as_json, print_json
from proof.simulation.jobs import Jobs, opened_jobs
from proof.simulation.run import Plan, Result


@click.command(
    cls=PlainCommand,
    epilog="""\b
Examples:
  gavelpay simulate                        a hundred runs of a hundred payments
  gavelpay simulate --seeds 2000 --payments 500 --jobs 2
  gavelpay simulate --seed 4711            one run again, exactly as it was
  gavelpay simulate --seed 4711 --log      every line of it
  gavelpay simulate --from-seed 2001 --seeds 2000 --payments 500 --results runs.txt --keep-going
""",
)
@click.option("--seeds", type=click.IntRange(1), default=100, show_default=True, help="How many runs.")
@click.option("--seed", type=int, help="This run alone.")
@click.option("--first-seed", "--from-seed", type=int, default=1, show_default=True, help="The seed of the first run.")
@click.option("--payments", type=click.IntRange(1), default=100, show_default=True, help="Lots sold in each run.")
@click.option("--jobs", type=click.IntRange(1, 64), default=lambda: os.cpu_count() or 1, help="Processes. [cores]")
@click.option("--log", is_flag=True, help="Print every line of what happened.")
@click.option("--results", type=click.Path(dir_okay=False, path_type=Path), help="Append a line for each run to it.")
@click.option("--keep-going", is_flag=True, help="Do all runs, also after one in which something does not hold.")
@click.option("--shrink/--no-shrink", default=True, help="Cut a failing run to the fewest payments and faults.")
@click.option("--server", envvar="GAVELPAY_SIMULATE_SERVER", hidden=True, help="A throw-away server's superuser.")
@as_json
def simulate(
    *,
    seeds: int,
    seed: int | None,
    first_seed: int,
    payments: int,
    jobs: int,
    log: bool,
    results: Path | None,
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
    chosen = [seed] if seed is not None else list(range(first_seed, first_seed + seeds))
    plans = [Plan(one, payments, whole_log=log) for one in chosen]

    def tell(result: Result) -> None:
        if not as_json:
            _print_run(result)
        if results is not None:
            with results.open("a") as file:
                file.write(_summary(result) + "\n")

    with _ended_cleanly(), opened_jobs(min(jobs, len(plans)), server) as pool:
        done, failed = _all(pool, plans, tell, keep_going=keep_going)
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
    pool: Jobs, plans: list[Plan], tell: Callable[[Result], None], *, keep_going: bool
) -> tuple[list[Result], Result | None]:
    console = Console(file=sys.stderr)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
    )
    results: list[Result] = []
    failed: Result | None = None
    lived = 0
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("runs", total=len(plans), rate="")
        begun = bar.get_time()
        for result in pool.run(plans):
            results.append(result)
            tell(result)
            lived += result.payments
            rate = f"{lived} payments, {lived / max(bar.get_time() - begun, 0.001):.0f}/s"
            bar.update(task, advance=1, rate=rate)
            if result.broken:
                failed = failed or result
                if not keep_going:
                    break
    if not console.is_terminal:
        click.echo(rate, err=True)
    return results, failed


def _print_run(one: Result) -> None:
    click.echo(_summary(one))
    if one.plan.whole_log:
        for line in one.timeline:
            click.echo(f"  {line}")


def _summary(one: Result) -> str:
    ends = ", ".join(f"{count} {status}" for status, count in one.statuses.items())
    return (
        f"seed {one.plan.seed}: {one.payments} payments ({ends}), {one.calls} calls, {len(one.faults)} faults,"
        f" log {one.digest[:16]}{f', BROKEN: {one.broken[0].sentence}' if one.broken else ''}"
    )


def _print(results: list[Result], failed: Result | None, small: Result | None) -> None:
    if failed is None or small is None:
        lived = sum(one.payments for one in results)
        click.echo(f"{lived} payments in {len(results)} runs: everything holds.")
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
    click.echo(f"\nAgain: gavelpay simulate --seed {failed.plan.seed} --payments {failed.plan.payments}")


def _document(results: list[Result], failed: Result | None, small: Result | None) -> dict[str, Any]:
    return {
        "runs": [
            {
                "seed": one.plan.seed,
                "payments": one.payments,
                "statuses": one.statuses,
                "calls": one.calls,
                "faults": len(one.faults),
                "log": one.digest,
            }
            for one in results
        ],
        "payments": sum(one.payments for one in results),
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
