"""Let go of what is old and over, once a day and in small steps, and make room for the months to come."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, NamedTuple

import structlog

from domain.clock import Clock
from domain.cursor import PRUNING, Cursor
from domain.retention import Retention, kept_since
from domain.security import SecurityEventKind
from models import partitions
from models.cursors import Cursors
from models.database import Database
from models.partitions import EVENTS, OUTGOING, Divided, TableInUse
from models.pruning import count_deliveries, delete_deliveries, delete_strays
from models.unit_of_work import Begin
from services.observing import Observer

log = structlog.get_logger()

#: How often, and how soon it is tried again where a table was in use.
EVERY: Final = timedelta(days=1)
_AGAIN: Final = timedelta(hours=1)
#: Rows that one transaction deletes: some tens of milliseconds.
BATCH: Final = 2_000


class Planned(NamedTuple):
    """Something that pruning would do."""

    table: str
    #: `make` a month, `drop` a month, `delete` rows.
    what: str
    #: The part of the table; None: all of it.
    part: str | None
    #: About how many rows, and bytes.
    rows: int
    size: int = 0


@dataclass(frozen=True, slots=True)
class Prune:
    """Let go of months of which nothing is kept, with all but what somebody waits for: that stays whatever its age.

    Safe to run any number of times, at the same time on several workers, and to kill at any line. What it deletes was
    dealt with; audit entries, ledger, receipts and payments are not among it.
    """

    database: Database
    begin: Begin
    retention: Retention
    observer: Observer
    now: Clock
    batch: int = BATCH

    def __call__(self, actor: str = "system") -> int:
        """Do one step of what is due today.

        Returns:
            How many steps were made; 0: nothing is left to do until tomorrow, or another worker is at it.

        Raises:
            DatabaseUnavailable: what was done stays done.
        """
        now = self.now()
        with self.begin() as uow:
            cursors = Cursors(uow.connection, uow.cipher)
            cursor = cursors.claim(PRUNING, now, dict)
            if cursor is None:
                return 0
            cursors.keep(cursor, cursor.value | self._marks(now), now)
        try:
            gone = self._step(now)
        except TableInUse:
            log.warning("pruning.put_off", why="a table is in use, as by a backup", again_at=(now + _AGAIN).isoformat())
            self._put_down(cursor, Counter(), now, now + _AGAIN, actor)
            return 0
        for table, rows in gone.items():
            self.observer.pruned(table, rows)
        self._put_down(cursor, gone, now, now if gone else now + EVERY, actor)
        return bool(gone)

    def ask(self) -> None:
        """Have it done now, though it was done today."""
        now = self.now()
        with self.begin() as uow:
            cursors = Cursors(uow.connection, uow.cipher)
            cursor = cursors.read(PRUNING)
            if cursor is not None and cursor.leased_until is None:
                cursors.put_down(cursor, cursor.value, now, now)

    def plan(self) -> Iterator[Planned]:
        """What would be done now."""
        now = self.now()
        for divided, before in self._kept(now):
            with self.begin() as uow:
                for month in partitions.missing(uow.connection, divided, now):
                    yield Planned(divided.table, "make", f"{divided.table}_{month:%Y_%m}", 0)
                if before is None:
                    continue
                for part in partitions.parts(uow.connection, divided):
                    if part.ends and part.ends <= before:
                        yield Planned(divided.table, "drop", part.name, part.rows, part.size)
        if before is not None:
            with self.begin() as uow:
                if deliveries := count_deliveries(uow.connection, before):
                    yield Planned("deliveries", "delete", None, deliveries)

    def _kept(self, now: datetime) -> tuple[tuple[Divided, datetime | None], ...]:
        return (
            (EVENTS, kept_since(now, self.retention.webhook_events)),
            (OUTGOING, kept_since(now, self.retention.outgoing_events)),
        )

    def _marks(self, now: datetime) -> dict[str, str]:
        """What may be gone, written before anything is."""
        return {divided.table: before.isoformat() for divided, before in self._kept(now) if before is not None}

    def _step(self, now: datetime) -> Mapping[str, int]:
        """The first thing that there is to do; tells how many rows of which table are gone, and nothing at the end."""
        partitions.make_ready(self.database, now)
        for divided, before in self._kept(now):
            if before is None:
                continue
            if divided is OUTGOING:
                with self.database.transaction() as connection:
                    if deleted := delete_deliveries(connection, before, self.batch):
                        return {"deliveries": deleted}
            if gone := self._drop(divided, before):
                return gone
            with self.database.transaction() as connection:
                if deleted := delete_strays(connection, divided, before, self.batch):
                    return {divided.table: deleted}
        return {}

    def _drop(self, divided: Divided, before: datetime) -> Mapping[str, int]:
        with self.database.transaction() as connection:
            parts = partitions.parts(connection, divided)
        for part in parts:
            if part.ends is None or part.ends > before:
                continue
            stays = partitions.patiently(self.database, partial(partitions.put_off, divided=divided, part=part))
            if stays is None:
                log.error("pruning.much_waits", part=part.name, more_than=partitions.MOST_CARRIED)
                continue
            log.info("pruning.month_dropped", part=part.name, stays=stays)
            break
        with self.database.transaction() as connection:
            return partitions.drop_put_off(connection)

    def _put_down(self, cursor: Cursor, gone: Mapping[str, int], now: datetime, due_at: datetime, actor: str) -> None:
        with self.begin() as uow:
            cursors = Cursors(uow.connection, uow.cipher)
            mine = cursors.locked(cursor)
            if mine is None:
                return  # Another worker has taken over, and goes on.
            total = Counter(mine.value.pop("gone", {})) + Counter(gone)
            if total and due_at > now:
                uow.security.note(SecurityEventKind.OLD_PRUNED, now, actor, gone=dict(total), before=self._marks(now))
            elif total:
                mine.value["gone"] = dict(total)
            cursors.put_down(mine, mine.value, now, due_at)
