"""What the guard does when the supervisor is gone."""

import os
import subprocess
import sys

from sandbox.supervisor.guard_main import finish, leader_runs, read_groups
from tests.sandbox.processes import eventually, runs, with_descendants

SLEEPS = "import time; time.sleep(600)"
LEAVES_A_CHILD = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPS!r}])"
FOR_EVER = 3600.0


def test_groups_that_ended_in_time_are_none_of_its_business() -> None:
    assert read_groups(["+ 11 2.5\n", "+ 12 10\n", "- 11\n", "- 99\n"]) == {12: 10.0}


def test_a_group_without_its_leader_is_killed_at_once() -> None:
    leader = subprocess.Popen([sys.executable, "-c", LEAVES_A_CHILD], process_group=0)
    eventually(lambda: not leader_runs(leader.pid))  # a zombie, as long as nobody has waited for it
    finish({leader.pid: FOR_EVER})
    leader.wait()
    eventually(lambda: not members_of(leader.pid))


def members_of(pgid: int) -> list[int]:
    return [pid for pid in with_descendants(1) if runs(pid) and getpgid(pid) == pgid]


def getpgid(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def test_a_group_that_takes_longer_than_it_may_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEPS], process_group=0) as leader:
        finish({leader.pid: 0.1})
        assert leader.wait() == -9


def test_a_group_that_nobody_is_left_of_is_forgotten() -> None:
    with subprocess.Popen(["true"], process_group=0) as leader:
        leader.wait()
    groups = {leader.pid: FOR_EVER}
    finish(groups)
    assert groups == {}
