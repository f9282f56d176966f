"""Encrypt everything again that is not encrypted under the first key, beside running workers."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from domain.clock import Clock
from domain.security import SecurityEventKind
from models import sealed
from models.mapping import RecordTable
from models.sealed import Identity, KeyCount, Unreadable
from models.unit_of_work import Begin
from services.progress import Progress, unwatched

#: Rows that are locked at a time: some milliseconds.
BATCH = 200
#: Rows that workers held just then, and that are waited for. There are never so many.
_STRAGGLERS = 1000


@dataclass(slots=True)
class Rotation:
    """What became of a rotation."""

    #: How many values were encrypted again, by table.
    resealed: Counter[str] = field(default_factory=Counter)
    #: How many values are under which key now.
    counts: list[KeyCount] = field(default_factory=list)
    #: What none of our keys opens, or what was tampered with.
    unreadable: dict[tuple[str, str, Identity], Unreadable] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CountKeys:
    """How many values are sealed under which key, by table."""

    begin: Begin

    def __call__(self) -> list[KeyCount]:
        """Count them all."""
        counts = []
        for table in sealed.sealed_tables():
            with self.begin() as uow:
                counts += sealed.count_keys(uow.connection, table)
        return counts


@dataclass(frozen=True, slots=True)
class RotateKeys:
    """Bring every sealed value under the first key.

    Each batch is a transaction of its own, and what is done needs no doing again: it may be killed at any line, run
    twice, and run beside workers. The search index has a key of its own, which is not rotated: the index would have to
    be built anew.
    """

    begin: Begin
    now: Clock

    def __call__(self, *, actor: str, batch: int = BATCH, progress: Progress = unwatched) -> Rotation:
        """Do it.

        Args:
            actor: who asked for it.
            batch: rows that are locked at a time.
            progress: hears how many rows have been looked at.

        Returns:
            What was done, and how everything stands now. Values under other keys that are left are being written by
            workers that do not have the new key first yet: run it again when they have.
        """
        done = Rotation()
        for table in sealed.sealed_tables():
            self._rotate(table, batch, done, progress)
        with self.begin() as uow:
            if done.resealed:
                kind, key = SecurityEventKind.KEYS_ROTATED, uow.cipher.key_ids[0]
                uow.security.note(kind, self.now(), actor, key=key, resealed=dict(done.resealed))
        return done

    def _rotate(self, table: RecordTable[Any], batch: int, done: Rotation, progress: Progress) -> None:
        self._in_batches(table, batch, done, progress)
        # What workers held meanwhile is waited for, row by row.
        with self.begin() as uow:
            left = sealed.stale(uow.connection, table, uow.cipher, _STRAGGLERS)
        for identity in left:
            self._reseal(table, [identity], done, wait=True)
        with self.begin() as uow:
            done.counts += sealed.count_keys(uow.connection, table)

    def _in_batches(self, table: RecordTable[Any], batch: int, done: Rotation, progress: Progress) -> None:
        with self.begin() as uow:
            total = sealed.count_rows(uow.connection, table)
        seen, after = 0, None
        while rows := self._page(table, after, batch):
            self._reseal(table, rows, done)
            seen, after = seen + len(rows), rows[-1]
            progress(table.table.name, seen, total)

    def _page(self, table: RecordTable[Any], after: Identity | None, batch: int) -> list[Identity]:
        with self.begin() as uow:
            return sealed.page(uow.connection, table, after, batch)

    def _reseal(self, table: RecordTable[Any], rows: list[Identity], done: Rotation, *, wait: bool = False) -> None:
        with self.begin() as uow:
            count, unreadable = sealed.reseal(uow.connection, table, rows, uow.cipher, wait=wait)
        if count:  # and committed
            done.resealed[str(table.table.name)] += count
        done.unreadable |= {(one.table, one.column, one.identity): one for one in unreadable}
