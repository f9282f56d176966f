"""What the terminal shows while a drill goes on, and at its end."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from cli.printing import print_table
from proof.drill.kinds import PATIENCE
from proof.drill.verdict import Row, Struck


@dataclass(frozen=True, slots=True)
class Show:
    """Lines, and on a terminal a bar below them."""

    console: Console
    bar: Progress
    task: TaskID

    def say(self, line: str, style: str = "") -> None:
        """A line with the time, at once."""
        now = f"{datetime.now(UTC):%H:%M:%S}  {line}"
        self.console.print(now, style=style, markup=False, highlight=False, soft_wrap=True)

    def over(self, payments: int, faults: int) -> None:
        """How far it is."""
        self.bar.update(self.task, completed=payments, faults=f"{faults} faults")


@contextmanager
def showing(payments: int, *, quietly: bool) -> Iterator[Show]:
    """Show what goes on while the block lasts; on standard error where standard output is for programs."""
    console = Console(file=sys.stderr if quietly else sys.stdout)
    columns = (
        TextColumn("payments over"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[faults]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        yield Show(console, bar, bar.add_task("payments", total=payments, faults="0 faults"))


def told(one: Struck, last: str) -> tuple[str, str]:
    """What came of a fault, as a line, and its color; `last` is what kept work from flowing at the end."""
    because = f" (at the end it waited for: {last})" if last else ""
    if one.recovery is None:
        return f"    work did not flow again within {PATIENCE:.0f} s{because}", "red"
    over = "" if one.takeover is None else f"what was in hand is taken over after {one.takeover:.1f} s, "
    return f"    {over}work flows again after {one.recovery:.1f} s{because}", "green"


def print_verdict(table: Sequence[Row]) -> None:
    """The table at the end."""
    columns = (
        "fault",
        ">times",
        ">payments under way",
        ">lost",
        ">charged twice",
        ">receipts missing or repeated",
        ">worst takeover",
        ">worst recovery",
        ">promised",
    )
    print_table(columns, [_cells(row) for row in table], empty="No fault was done.")


def _cells(row: Row) -> list[object]:
    worst = "never" if row.worst is None else f"{row.worst:.1f} s"
    promised = f"{row.promised:.0f} s" if row.promised else None
    counts = (row.faults, row.payments, row.lost, row.charged_twice, row.receipts)
    takeover = None if row.worst_takeover is None else f"{row.worst_takeover:.1f} s"
    return [row.kind, *counts, takeover, worst, promised]
