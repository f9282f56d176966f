"""Looks at processes from outside."""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

#: How long tests wait for what happens at once on a quiet machine.
PATIENCE = 60.0


def eventually(true: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait until it is true, and fail if it does not become so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.02)


def runs(pid: int) -> bool:
    """Whether the process is there, and more than an entry that nobody has collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").replace("\0", " ")
    except OSError:
        return ""


def gone(pids: Iterable[int]) -> bool:
    return not any(map(runs, pids))


def with_descendants(pid: int) -> set[int]:
    """The process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, waiting = set[int](), [pid]
    while waiting:
        found.add(current := waiting.pop())
        waiting += children.get(current, [])
    return found


def is_root() -> bool:
    return os.geteuid() == 0
