"""`gavelpay simulate`: whole payment lives in virtual time, with everything that can go wrong."""

import os
import sys
from typing import Any

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
""",
)
@click.option("--seeds", type=click.IntRange(1), default=100, show_default=True, help="How many runs.")
@click.option("--seed", type=int, help="This run alone.")
@click.option("--first-seed", type=int, default=1, show_default=True, help="The seed of the first run.")
@click.option("--payments", type=click.IntRange(1), default=100, show_default=True, help="Lots sold in each run.")
@click.option("--jobs", type=click.IntRange(1, 64), default=lambda: os.cpu_count() or 1, help="Processes. [cores]")
@click.option("--log", is_flag=True, help="Print every line of what happened.")
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
    plans = [Plan(one, payments) for one in chosen]
    with opened_jobs(min(jobs, len(plans)), server) as pool:
        results, failed = _all(pool, plans, quietly=as_json)
        small = pool.shrink(failed) if failed is not None and shrink else failed
    if as_json:
        print_json(_document(results, failed, small))
    else:
        _print(results, failed, small, whole=log)
    sys.exit(1 if failed else 0)


def _all(pool: Jobs, plans: list[Plan], *, quietly: bool) -> tuple[list[Result], Result | None]:
    console = Console(file=sys.stderr)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
    )
    results: list[Result] = []
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("runs", total=len(plans), rate="")
        begun = bar.get_time()
        for result in pool.run(plans):
            results.append(result)
            if not quietly:
                _print_run(result)
            lived = sum(one.payments for one in results)
            rate = f"{lived} payments, {lived / max(bar.get_time() - begun, 0.001):.0f}/s"
            bar.update(task, advance=1, rate=rate)
            if result.broken:
                return results, result
    if not console.is_terminal:
        click.echo(rate, err=True)
    return results, None


def _print_run(one: Result) -> None:
    ends = ", ".join(f"{count} {status}" for status, count in one.statuses.items())
    click.echo(
        f"seed {one.plan.seed}: {one.payments} payments ({ends}), {one.calls} calls, {len(one.faults)} faults,"
        f" log {one.digest[:16]}"
    )


def _print(results: list[Result], failed: Result | None, small: Result | None, *, whole: bool) -> None:
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
    for line in small.timeline if not whole else failed.timeline:
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
