"""Processor time of other processes, with all their children."""

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
#: Fields of /proc/PID/stat after the name in parentheses, counted from the state.
_PARENT, _REAPED_USER, _REAPED_SYSTEM = 1, 13, 14
#: Linux: the clock of a whole process is made of its id and this kind.
_SCHEDULED: Final = 2
_KB: Final = 1024


def cpu_seconds(root: int) -> float | None:
    """Processor seconds of a process and all below it, ended ones included. None where the system does not tell."""
    if not _PROC.joinpath("self/stat").exists():
        return None
    children = _children()
    return sum(_own(pid) for pid in _tree(root, children))


def resident_bytes(pid: int) -> int | None:
    """The memory that a process itself holds. None where the system does not tell, or it is gone."""
    try:
        lines = _PROC.joinpath(str(pid), "status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * _KB for line in lines if line.startswith("VmRSS:")), None)


def _tree(root: int, children: dict[int, list[int]]) -> Iterator[int]:
    yield root
    for child in children[root]:
        yield from _tree(child, children)


def _own(pid: int) -> float:
    """Its own time to the nanosecond, and that of its ended children to the tick."""
    try:
        running = time.clock_gettime((~pid << 3) | _SCHEDULED)
        fields = _fields(pid)
    except (OSError, IndexError):
        return 0.0
    return running + (int(fields[_REAPED_USER]) + int(fields[_REAPED_SYSTEM])) / os.sysconf("SC_CLK_TCK")


def _children() -> dict[int, list[int]]:
    children: dict[int, list[int]] = defaultdict(list)
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                children[int(_fields(int(entry.name))[_PARENT])].append(int(entry.name))
            except (OSError, IndexError):  # it ended meanwhile
                continue
    return children


def _fields(pid: int) -> list[str]:
    return _PROC.joinpath(str(pid), "stat").read_text().rpartition(")")[2].split()
