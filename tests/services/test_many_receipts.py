"""Many receipts, issued at once by several processes that are killed in the midst of it.

`GAVELPAY_RECEIPTS=1000` makes it the trial that docs/reliability.md tells of; by default it is smaller.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from signal import SIGKILL

import pytest

from domain.documents import DocumentKind
from tests.house import House, house
from tests.services import receipt_worker
from tests.services.paid_lots import pay_lots
from tests.unmeasured import unmeasured

LOTS = int(os.environ.get("GAVELPAY_RECEIPTS", "40"))
REFUND_EVERY = 10
PROCESSES = 3
#: Processes that die: all of the first ones, and more where there is more to do.
DEATHS = PROCESSES + LOTS // 100
#: What a process does at most before it dies: it claims, prints and records a batch of sixteen by then.
STEPS = 40
#: Seconds that all of it may take; many more than it does.
PATIENCE = 90 + LOTS / 4


@pytest.fixture
def home(database_url: str, tmp_path: Path) -> Iterator[House]:
    with house(database_url, RECEIPT_STORAGE_URL=f"file://{tmp_path}") as home:
        yield home
        assert home.app.check_invariants() == []


class Staff:
    """The processes that issue receipts. As many as are to die do so at steps that are drawn, the others last."""

    def __init__(self, url: str, folder: Path, deaths: int, rng: Random) -> None:
        self._command = [sys.executable, receipt_worker.__file__, url, str(folder)]
        self._working: list[subprocess.Popen[bytes]] = []
        self._rng = rng
        self._lives = deaths
        self.to_die = deaths

    def hire(self) -> None:
        mortal = [str(self._rng.randrange(3, STEPS))] if self._lives > 0 else []
        self._lives -= 1
        environ = unmeasured() | {"PYTHONPATH": str(Path(__file__).parents[2])}
        self._working.append(subprocess.Popen([*self._command, *mortal], stdout=subprocess.PIPE, env=environ))

    def wait_until_ready(self) -> None:
        for one in self._working:
            assert one.stdout is not None
            if one.stdout.readline() != b"ready\n":
                raise AssertionError("a worker did not start")

    def replace_the_dead(self) -> None:
        for one in [one for one in self._working if one.poll() is not None]:
            assert one.returncode == -SIGKILL
            self._working.remove(one)
            self._bury(one)
            self.to_die -= 1
            self.hire()

    def dismiss(self) -> None:
        while self._working:
            self._bury(self._working.pop())

    def _bury(self, one: subprocess.Popen[bytes]) -> None:
        one.kill()
        one.wait(10)
        with suppress(OSError):
            if one.stdout is not None:
                one.stdout.close()


def left(home: House) -> int:
    ((waiting,),) = home.app.database.rows("SELECT count(*) FROM receipts WHERE status <> 'issued'")
    return int(waiting)


@pytest.mark.long("sale")
@pytest.mark.timeout(PATIENCE + 120)
def test_receipts_of_killed_processes_are_numbered_without_gap_or_repeat(
    home: House, database_url: str, tmp_path: Path
) -> None:
    rng, begun = Random(7), time.monotonic()  # noqa: S311 - the same deaths each time
    pay_lots(home, LOTS, REFUND_EVERY, home.time())
    documents = left(home)
    staff = Staff(database_url, tmp_path, DEATHS, rng)
    try:
        for _ in range(PROCESSES):
            staff.hire()
        staff.wait_until_ready()
        while (left(home) or staff.to_die) and time.monotonic() - begun < PATIENCE:
            time.sleep(0.02)
            staff.replace_the_dead()
    finally:
        staff.dismiss()

    home.time.at = datetime.now(UTC)
    found = home.app.receipts.verify(reprint=LOTS <= 500)
    assert found.broken == []
    assert staff.to_die == 0
    assert (found.documents, found.issued, found.objects) == (documents, documents, documents)
    assert documents == LOTS + -(-LOTS // REFUND_EVERY)
    numbers = home.app.database.rows("SELECT kind, array_agg(number_no ORDER BY number_no) FROM receipts GROUP BY kind")
    assert {kind: len(given) for kind, given in numbers} == {
        DocumentKind.RECEIPT: LOTS,
        DocumentKind.CREDIT_NOTE: documents - LOTS,
    }
    assert all(given == list(range(1, len(given) + 1)) for _, given in numbers)
    ((told,),) = home.app.database.rows("SELECT count(*) FROM outbox WHERE type = 'order.updated'")
    assert told == documents
    ((noted,),) = home.app.database.rows("SELECT count(*) FROM audit_entries WHERE action = 'receipt_issued'")
    assert noted == documents
