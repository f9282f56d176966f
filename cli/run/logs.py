"""Shows what the processes log: each writes JSON lines to its own file, and people want to read some of them here."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TextIO

LEVELS: Final = ("debug", "info", "warning", "error", "critical")
#: What says the same on each line, or is shown elsewhere in it.
NOT_SHOWN: Final = frozenset(
    {"event", "level", "timestamp", "process", "role", "pid", "version", "logger", "exception"}
)
#: At most so much is read of one file at a time: the rest comes with the next look.
CHUNK: Final = 1 << 18


class LogFollower:
    """Reads what was added to the logs of these processes since the last look."""

    def __init__(self, directory: Path, names: tuple[str, ...], lowest: str) -> None:
        self._files = {name: directory / f"{name}.log" for name in names}
        self._lowest = LEVELS.index(lowest)
        # What earlier runs have left is no news.
        self._open: dict[str, TextIO] = {}
        self._start = {name: file.stat().st_size if file.exists() else 0 for name, file in self._files.items()}

    def lines(self) -> Iterator[tuple[str, str]]:
        """New lines as (level, text for people)."""
        for name, file in self._files.items():
            if name not in self._open and file.exists():
                self._open[name] = file.open(errors="replace")
                self._open[name].seek(self._start[name])
            if name in self._open:
                for line in self._open[name].readlines(CHUNK):
                    yield from self._shown(name, line)

    def close(self) -> None:
        """Close the files."""
        for file in self._open.values():
            file.close()

    def _shown(self, name: str, line: str) -> Iterator[tuple[str, str]]:
        try:
            entry = json.loads(line)
            level = str(entry["level"])
            if LEVELS.index(level) >= self._lowest:
                yield level, readable(name, entry)
        except (ValueError, KeyError, TypeError):
            if line.strip() and self._lowest < LEVELS.index("warning"):
                yield "info", f"{name}: {line.rstrip()}"


def readable(name: str, entry: Mapping[str, Any]) -> str:
    """`14:21:40 worker warning payment.late session_id=…`."""
    fields = " ".join(f"{key}={value}" for key, value in entry.items() if key not in NOT_SHOWN)
    clock = str(entry.get("timestamp", ""))[11:19]
    return f"{clock} {name} {entry['level']} {entry['event']} {fields}".rstrip()
