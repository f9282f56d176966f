"""The parent of several worker processes, where it cannot be seen from outside."""

import errno
import os
import time
from pathlib import Path

from structlog.testing import capture_logs

from gateways.queue.broker import WorkBroker
from workers.pool import Pool


def no_broker() -> WorkBroker:
    raise NotImplementedError


def test_a_machine_without_room_for_another_process_is_asked_again_and_told_of_once(tmp_path: Path) -> None:
    asked = 0

    def fork() -> int:
        nonlocal asked
        asked += 1
        raise OSError(errno.EAGAIN, "no room")

    pool = Pool(2, no_broker, 9191, "127.0.0.1", fork=fork)
    with capture_logs() as lines:
        for _ in range(3):
            assert pool._mend(str(tmp_path), os.getpid())
    assert asked == 6  # for one that works, and for one that answers for them, each time
    assert [line["event"] for line in lines] == ["worker.cannot_fork"]


def test_children_that_signals_end_again_and_again_do_not_take_the_whole_machine(tmp_path: Path) -> None:
    born: list[int] = []

    def fork() -> int:
        end = "exit 1" if len(born) % 3 == 2 else "kill -9 $$"
        born.append(os.posix_spawn("/bin/sh", ["sh", "-c", end], {}))
        return born[-1]

    pool = Pool(2, no_broker, None, "127.0.0.1", fork=fork)
    for _ in range(100):
        pool._mend(str(tmp_path), os.getpid())
        time.sleep(0.005)
    for child in pool._children:
        os.waitpid(child.pid, 0)
    assert 4 <= len(born) <= 12
