"""What came of runs, in a file: a line for each as soon as it is over, so that many may be done in parts."""

import os
import re
from pathlib import Path
from typing import Final

from proof.simulation.run import Result

_LINE: Final = re.compile(r"seed (\d+): \d+ payments of (\d+) lots \(.*, log [0-9a-f]+(, BROKEN: .*)?")


def summary(one: Result) -> str:
    """A run in a line."""
    ends = ", ".join(f"{count} {status}" for status, count in one.statuses.items())
    return (
        f"seed {one.plan.seed}: {one.payments} payments of {one.lots} lots ({ends}), {one.calls} calls,"
        f" {len(one.faults)} faults, log {one.digest[:16]}{f', BROKEN: {one.broken[0].sentence}' if one.broken else ''}"
    )


class ResultsFile:
    """A file of such lines. One process writes it; what it was writing when it died is taken away.

    Args:
        path: where it is, or will be.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        written = path.read_bytes() if path.exists() else b""
        whole = written.rfind(b"\n") + 1
        if whole < len(written):
            os.truncate(path, whole)

    def held(self, lots: int) -> set[int]:
        """The seeds whose runs with so many lots are over, and held. What is broken is worth another look."""
        written = self._path.read_text() if self._path.exists() else ""
        lines = [_LINE.fullmatch(line) for line in written.splitlines()]
        return {int(line[1]) for line in lines if line and int(line[2]) == lots and not line[3]}

    def add(self, one: Result) -> None:
        """Append a run. It is on disk when this returns."""
        with self._path.open("a") as file:
            file.write(summary(one) + "\n")
            file.flush()
            os.fsync(file.fileno())
