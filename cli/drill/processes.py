"""Processes with their descendants: killed, or made to stand still."""

import os
import signal
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")


def families(pids: Iterable[int]) -> list[int]:
    """These processes and all their descendants, parents first."""
    children = _children()
    found, left = [], list(pids)
    while left:
        pid = left.pop(0)
        found.append(pid)
        left += children.get(pid, [])
    return found


def kill(pids: Iterable[int]) -> None:
    """End them at once, as a machine that loses its power would."""
    _signal(pids, signal.SIGKILL)


@contextmanager
def frozen(pids: Sequence[int]) -> Iterator[None]:
    """They stand still while the block lasts: to all others they are there, and silent."""
    _signal(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal(pids, signal.SIGCONT)


def _signal(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _children() -> dict[int, list[int]]:
    """Every process's children, by its id; those that end meanwhile are passed by."""
    children: dict[int, list[int]] = defaultdict(list)
    for directory in _PROC.iterdir():
        if directory.name.isdigit():
            with suppress(OSError, ValueError):
                # The program's name, in parentheses, may hold anything; the parent is the second word after it.
                parent = (directory / "stat").read_text().rpartition(")")[2].split()[1]
                children[int(parent)].append(int(directory.name))
    return children
