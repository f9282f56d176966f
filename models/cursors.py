"""How far something outside has been read: one row for each thing, in one worker's hands at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from domain.cursor import Cursor
from models.records import CURSORS
from models.sealing import FieldCipher
from models.work import CURSOR_WORK


@dataclass(frozen=True, slots=True)
class Cursors:
    """The cursors, in one transaction."""

    connection: Connection[Any]
    cipher: FieldCipher

    def claim(self, name: str, now: datetime, first: Callable[[], dict[str, Any]]) -> Cursor | None:
        """Take a cursor in hand if it is due; None if it is not, or another worker has it.

        Args:
            name: which.
            now: the time.
            first: what it says when there is none yet.
        """
        claimed = CURSOR_WORK.claim(self.connection, self.cipher, now, only={"name": name})
        if not claimed and self.read(name) is None:
            made = Cursor(name, first(), now, due_at=now)
            CURSORS.insert_all(self.connection, [made], self.cipher, "ON CONFLICT DO NOTHING")
            claimed = CURSOR_WORK.claim(self.connection, self.cipher, now, only={"name": name})
        return claimed[0] if claimed else None

    def read(self, name: str) -> Cursor | None:
        """One cursor, without taking it in hand."""
        found = CURSOR_WORK.read(self.connection, self.cipher, "r.name = %(name)s", name=name)
        return found[0] if found else None

    def note(self, name: str, value: dict[str, Any], now: datetime) -> None:
        """Write one that nobody takes in hand: the last word counts."""
        tail = "ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at"
        CURSORS.insert_all(self.connection, [Cursor(name, value, now)], self.cipher, tail)

    def locked(self, claimed: Cursor) -> Cursor | None:
        """The cursor as it is now, locked; None if another worker has taken it over since it was claimed."""
        condition = "r.name = %(name)s AND r.fence = %(fence)s FOR UPDATE"
        found = CURSOR_WORK.read(self.connection, self.cipher, condition, name=claimed.name, fence=claimed.fence)
        return found[0] if found else None

    def keep(self, cursor: Cursor, value: dict[str, Any], now: datetime) -> None:
        """Write how far it was read, and stay in possession."""
        cursor.value, cursor.updated_at = value, now
        CURSORS.update_all(self.connection, [cursor], self.cipher)

    def put_down(self, cursor: Cursor, value: dict[str, Any], now: datetime, due_at: datetime) -> None:
        """Write how far it was read, and let go of it."""
        cursor.due_at, cursor.leased_until = due_at, None
        self.keep(cursor, value, now)
