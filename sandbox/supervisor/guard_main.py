"""The guard's own process: waits for the supervisor's end, and then for the end of what it left, with force if need be.

Run as a script by the absolute path of this file. Standard input brings `+ PGID SECONDS` for a process group that
began and `- PGID` for one that ended; its end means that the supervisor is gone.

The kernel tells each child of that (see `shim`), so here is only to see that it stops in time, and that a child which
was killed leaves no children of its own.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import suppress

POLL_SECONDS = 0.05


def read_groups(lines: Iterable[str]) -> dict[int, float]:
    """Read what the supervisor says, to its end; return the groups that are left, with the seconds each has to stop."""
    groups: dict[int, float] = {}
    for line in lines:
        action, pgid, *seconds = line.split()
        if action == "+":
            groups[int(pgid)] = float(seconds[0])
        else:
            groups.pop(int(pgid), None)
    return groups


def leader_runs(pid: int) -> bool:
    """Say whether a group's first process is there, and not only its entry that nobody has collected."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - pathlib costs a tenth of a second here
            return file.read().rpartition(b")")[2].split()[0] != b"Z"
    except OSError:
        return False


def finish(groups: dict[int, float]) -> None:
    """Wait for each group's leader, then kill what is left of the group; kill it all when its time is over."""
    began = time.monotonic()
    while groups:
        for pgid, seconds in list(groups.items()):
            if time.monotonic() - began > seconds or not leader_runs(pgid):
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(pgid, signal.SIGKILL)
                del groups[pgid]
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    for unwanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(unwanted, signal.SIG_IGN)  # whatever ends the supervisor must not end its guard first
    finish(read_groups(sys.stdin))
