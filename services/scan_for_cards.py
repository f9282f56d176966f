"""Prove that no card number is stored: neither in the open, nor encrypted, nor in a stored webhook."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from domain.card_numbers import holds_card_number
from models import columns, sealed
from models.columns import TextTable
from models.mapping import RecordTable
from models.unit_of_work import Begin
from services.progress import Progress, unwatched

#: What the server looks for, so that only suspects travel: thirteen digits with at most one separator between two.
_SUSPECT: Final = "[0-9](([ -]|%20|%2[Dd])?[0-9]){12}"
_DIGIT: Final = re.compile("[0-9]")
#: Rows whose sealed values are opened at a time.
_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """Where something is that should not be. What it is stays there."""

    table: str
    column: str
    row_id: str


@dataclass(frozen=True, slots=True)
class Unproven:
    """What could not be looked into."""

    where: str
    why: str


@dataclass(slots=True)
class Scan:
    """What a scan found."""

    tables: int = 0
    #: Text and JSON columns, and sealed ones.
    columns: int = 0
    #: Sealed values that were opened.
    opened: int = 0
    found: list[Finding] = field(default_factory=list)
    unproven: list[Unproven] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether it is proved that no card number is stored."""
        return not self.found and not self.unproven


@dataclass(frozen=True, slots=True)
class ScanForCards:
    """Look through every text and JSON column of every table, and every value that is encrypted at rest."""

    begin: Begin

    def __call__(self, progress: Progress = unwatched) -> Scan:
        """Look everywhere, beside running workers; `progress` hears of disk pages, and of rows."""
        scan = Scan()
        with self.begin() as uow:
            tables = columns.text_tables(uow.connection)
        for table in tables:
            self._look_at_text(table, scan, progress)
        for one in sealed.sealed_tables():
            self._look_at_sealed(one, scan, progress)
        return scan

    def _look_at_text(self, table: TextTable, scan: Scan, progress: Progress) -> None:
        if not table.readable:
            scan.unproven.append(Unproven(table.name, "this role may not read it"))
            return
        scan.tables += 1
        scan.columns += len(table.columns)
        with self.begin() as uow:
            for pages, total, values in columns.matching_values(uow.connection, table, _SUSPECT):
                hits = [one for one in values if holds_card_number(one.text)]
                scan.found += [Finding(table.name, one.column, _harmless(one.row_id)) for one in hits]
                progress(table.name, pages, total)

    def _look_at_sealed(self, table: RecordTable[object], scan: Scan, progress: Progress) -> None:
        name, seen = str(table.table.name), 0
        scan.columns += len(table.sealed)
        with self.begin() as uow:
            total = sealed.count_rows(uow.connection, table)
        for rows in self._pages(table):
            with self.begin() as uow:
                for value in sealed.open_values(uow.connection, table, rows, uow.cipher):
                    self._look_at_value(name, value, scan)
            seen += len(rows)
            progress(f"{name}, encrypted", seen, total)

    def _look_at_value(self, table: str, value: sealed.SealedValue | sealed.Unreadable, scan: Scan) -> None:
        row_id = ":".join(map(str, value.identity))
        if isinstance(value, sealed.Unreadable):
            scan.unproven.append(Unproven(f"{table}.{value.column} of {row_id}", value.why))
            return
        scan.opened += 1
        if holds_card_number(value.plaintext.decode("utf-8", "replace")):
            scan.found.append(Finding(table, value.column, row_id))

    def _pages(self, table: RecordTable[object]) -> Iterator[list[sealed.Identity]]:
        after: sealed.Identity | None = None
        while True:
            with self.begin() as uow:
                rows = sealed.page(uow.connection, table, after, _BATCH)
            if not rows:
                return
            yield rows
            after = rows[-1]


def _harmless(row_id: str) -> str:
    """A row's id, unless that is a card number itself."""
    return _DIGIT.sub("*", row_id) if holds_card_number(row_id) else row_id
