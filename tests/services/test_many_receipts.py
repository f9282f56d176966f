"""Many receipts, issued at once by several processes that are killed at random.

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

import pytest

from domain.documents import DocumentKind
from tests.house import House, house
from tests.services import receipt_worker
from tests.services.paid_lots import pay_lots
from tests.unmeasured import unmeasured

LOTS = int(os.environ.get("GAVELPAY_RECEIPTS", "40"))
REFUND_EVERY = 10
PROCESSES = 3
#: Seconds that all of it may take; many more than it does.
PATIENCE = 90 + LOTS / 4


@pytest.fixture
def home(database_url: str, tmp_path: Path) -> Iterator[House]:
    with house(database_url, RECEIPT_STORAGE_URL=f"file://{tmp_path}") as home:
        yield home
        assert home.app.check_invariants() == []


class Staff:
    """The processes that issue receipts."""

    def __init__(self, url: str, folder: Path) -> None:
        self._command = [sys.executable, receipt_worker.__file__, url, str(folder)]
        self._working: list[subprocess.Popen[bytes]] = []
        self.killed = 0

    def hire(self) -> None:
        environ = unmeasured() | {"PYTHONPATH": str(Path(__file__).parents[2])}
        self._working.append(subprocess.Popen(self._command, stdout=subprocess.PIPE, env=environ))
        assert self._working[-1].stdout is not None

    def wait_until_ready(self) -> None:
        for one in self._working:
            assert one.stdout is not None
            if one.stdout.readline() != b"ready\n":
                raise AssertionError("a worker did not start")

    def kill(self, rng: Random) -> None:
        """Kill one of them at this very moment, with no chance to tidy up."""
        self._bury(self._working.pop(rng.randrange(len(self._working))))
        self.killed += 1

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
    rng, begun = Random(7), time.monotonic()  # noqa: S311 - the same order of victims each time
    pay_lots(home, LOTS, REFUND_EVERY, home.time())
    documents = left(home)
    staff = Staff(database_url, tmp_path)
    try:
        for _ in range(PROCESSES):
            staff.hire()
        staff.wait_until_ready()
        before = left(home)
        while (waiting := left(home)) and time.monotonic() - begun < PATIENCE:
            time.sleep(rng.uniform(0.005, 0.05))
            # By progress, not by the clock: so many die on a machine of any speed.
            if before - waiting >= documents / 12:
                before = waiting
                staff.kill(rng)
                staff.hire()
    finally:
        staff.dismiss()

    home.time.at = datetime.now(UTC)
    found = home.app.receipts.verify(reprint=LOTS <= 500)
    assert found.broken == []
    assert staff.killed >= 3
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
