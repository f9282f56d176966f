"""`gavelpay bench`: speed, measured beside what it is held against."""

import sys
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import click
from rich.console import Console

from cli.printing import PlainCommand, as_json, print_json, print_table
from proof.benches.area import Area, Effort
from proof.benches.areas import AREAS, measure_of
from proof.benches.ground import Ground
from proof.benches.machine import machine
from proof.benches.rounds import Comparison, Series
from proof.benches.statistic import short

_ALL: Final = "all"


@click.command(
    cls=PlainCommand,
    epilog="""\b
Examples:
  gavelpay bench                            all areas, one after the other
  gavelpay bench ingest
  gavelpay bench all --json > figures.json
  gavelpay bench ingest --million           with a million events, some minutes
""",
)
@click.argument("area", type=click.Choice([*AREAS, _ALL]), default=_ALL)
@click.option("--rounds", type=click.IntRange(1, 100), default=5, show_default=True, help="Rounds of each way.")
@click.option(
    "--seconds", type=click.FloatRange(0.1, 600), default=3.0, show_default=True, help="Of one round of one way."
)
@click.option("--million", is_flag=True, help="Also what takes minutes: a million events, millions of rows.")
@as_json
def bench(*, area: str, rounds: int, seconds: float, million: bool, as_json: bool) -> None:
    """Measure the system and its baselines by turns, on servers of its own.

    Starts PostgreSQL with fsync and Valkey, our processes, and small programs that do the same work in the usual way or
    as barely as can be. Every round ends with a look at whether anything was lost or doubled. Exit code 1 if something
    was, or a goal was missed: on a machine that does other things besides, goals of absolute time may be.
    """
    console = Console(file=sys.stderr, highlight=False)
    results: dict[str, Area] = {}
    for name in AREAS if area == _ALL else (area,):
        with Ground(partial(_tell, console, name)) as ground:
            results[name] = measure_of(name)(ground, Effort(rounds, seconds, million))
        if not as_json:
            _print(name, results[name])
    if as_json:
        print_json(_document(results))
    sys.exit(0 if all(one.met for one in results.values()) else 1)


def _tell(console: Console, area: str, line: str) -> None:
    console.print(f"{area}: {line}", markup=False, style="dim")


def _document(results: Mapping[str, Area]) -> dict[str, Any]:
    return {
        "machine": machine(),
        "met": all(one.met for one in results.values()),
        "areas": {name: one.document() for name, one in results.items()},
    }


def _print(name: str, area: Area) -> None:
    about = machine()
    click.secho(f"\n{name}: {about['cores']} cores of {about['model']}, Python {about['python']}", bold=True)
    for title, comparison in area.comparisons.items():
        _print_comparison(title, comparison)
    for what, value in area.details.items():
        click.echo(f"  {what.replace('_', ' ')}: {value}")
    click.echo()
    for goal in area.goals:
        click.secho(
            f"  {'met   ' if goal.met else 'MISSED'}  {goal.what}: {short(goal.figure):g}, wanted {goal.wanted}",
            fg="green" if goal.met else "red",
        )
    for sentence in area.wrong:
        click.secho(f"  WRONG   {sentence}", fg="red")


def _print_comparison(title: str, comparison: Comparison) -> None:
    columns = (title, f">{comparison.unit}/s", ">ours / it", ">by CPU", ">p50 ms", ">p99 ms", "CPU µs each")
    rows = [_cells(comparison.ours, "", "")]
    for name, series in comparison.baselines.items():
        rows.append(_cells(series, str(comparison.ratio(name)), f"{short(comparison.cpu_ratio(name) or 0.0):g}"))
    print_table(columns, rows, empty="")
    noise = comparison.noise.document()
    others = noise["cores_used_by_others"]
    click.echo(
        f"  noise: the same loop took {noise['loop_ms']['min']} to {noise['loop_ms']['max']} ms"
        + (f"; others used {others} cores" if others is not None else "")
    )


def _cells(series: Series, ratio: str, by_cpu: str) -> list[object]:
    latency = series.latency
    percentiles = [short(latency.p50), short(latency.p99)] if latency else ["", ""]
    cpu = ", ".join(f"{part} {short(used):g}" for part, used in series.cpu_us.items())
    return [series.name, str(series.rate), ratio, by_cpu, *percentiles, cpu]
