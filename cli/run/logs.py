"""Shows what the processes log: each writes JSON lines to its own file, and people want to read some of them here."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

LEVELS: Final = ("debug", "info", "warning", "error", "critical")
#: What says the same on each line, or is shown elsewhere in it.
NOT_SHOWN: Final = frozenset(
    {"event", "level", "timestamp", "process", "role", "pid", "version", "logger", "exception"}
)
#: The same thing is told again after so many seconds at the earliest, with how often it came meanwhile.
HUSH_SECONDS: Final = 10.0
#: At most so much is read of one file at a time: the rest comes with the next look.
CHUNK: Final = 1 << 18


class LogFollower:
    """Reads what was added to the logs of these processes since the last look."""

    def __init__(
        self, directory: Path, names: tuple[str, ...], lowest: str, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._files = {name: directory / f"{name}.log" for name in names}
        self._lowest = LEVELS.index(lowest)
        self._monotonic = monotonic
        #: When a process told of an event last, and how often it has since.
        self._told: dict[tuple[str, str], tuple[float, int]] = {}
        # What earlier runs have left is no news.
        self._open: dict[str, BinaryIO] = {}
        self._start = {name: file.stat().st_size if file.exists() else 0 for name, file in self._files.items()}

    def lines(self) -> Iterator[tuple[str, str]]:
        """New lines as (level, text for people)."""
        for name, file in self._files.items():
            self._follow(name, file)
            if name in self._open:
                for line in self._whole_lines(self._open[name]):
                    yield from self._shown(name, line)

    def _follow(self, name: str, file: Path) -> None:
        """Open what has appeared, and what was begun anew after a long one was set aside."""
        if not file.exists():
            return
        opened = self._open.get(name)
        if opened is None:
            self._open[name] = file.open("rb")
            self._open[name].seek(self._start[name])
        elif not os.path.samestat(os.fstat(opened.fileno()), file.stat()):
            opened.close()
            self._open[name] = file.open("rb")

    @staticmethod
    def _whole_lines(file: BinaryIO) -> list[str]:
        """What is there up to the last line's end; a line that is still being written comes with the next look."""
        begun = file.tell()
        read = file.read(CHUNK)
        whole = read[: read.rfind(b"\n") + 1]
        file.seek(begun + len(whole))
        return whole.decode(errors="replace").splitlines()

    def close(self) -> None:
        """Close the files."""
        for file in self._open.values():
            file.close()

    def _shown(self, name: str, line: str) -> Iterator[tuple[str, str]]:
        try:
            entry = json.loads(line)
            level = str(entry["level"])
            if (
                LEVELS.index(level) >= self._lowest
                and (more := self._not_hushed(name, level, entry["event"])) is not None
            ):
                yield level, readable(name, entry) + (f" (and {more} like it before)" if more else "")
        except (ValueError, KeyError, TypeError):
            if line.strip() and self._lowest < LEVELS.index("warning"):
                yield "info", f"{name}: {line.rstrip()}"

    def _not_hushed(self, name: str, level: str, event: str) -> int | None:
        """How many like it were kept quiet before; None to keep this one quiet as well."""
        if level == "info":
            return 0
        now = self._monotonic()
        at, quiet = self._told.get((name, event), (None, 0))
        if at is not None and now - at < HUSH_SECONDS:
            self._told[name, event] = (at, quiet + 1)
            return None
        self._told[name, event] = (now, 0)
        return quiet


def readable(name: str, entry: Mapping[str, Any]) -> str:
    """`14:21:40 worker warning payment.late session_id=…`."""
    fields = " ".join(f"{key}={value}" for key, value in entry.items() if key not in NOT_SHOWN)
    clock = str(entry.get("timestamp", ""))[11:19]
    return f"{clock} {name} {entry['level']} {entry['event']} {fields}".rstrip()
