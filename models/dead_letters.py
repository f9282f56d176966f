"""Messages that gave up, and messages that never were ones, kept whole until a person decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from domain.messaging import DeadLetter
from models.records import DEAD_LETTERS
from models.sealing import FieldCipher

_ONCE: Final = """
    ON CONFLICT (content_index) WHERE status = 'dead' DO UPDATE
       SET copies = dead_letters.copies + excluded.copies, error = excluded.error,
           last_at = greatest(coalesce(excluded.last_at, excluded.created_at), dead_letters.last_at)
"""


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """Dead letters, in one transaction."""

    connection: Connection[Any]
    cipher: FieldCipher

    def keep(self, letters: Sequence[DeadLetter]) -> None:
        """Keep messages with their reasons. A copy of one that waits for a person is counted there."""
        merged: dict[str, DeadLetter] = {}
        for letter in letters:
            first = merged.setdefault(letter.content, letter)
            if first is not letter:
                first.copies, first.last_at = first.copies + letter.copies, letter.created_at
        if merged:
            # In one order everywhere: who inserts what another has not committed yet waits for the other.
            ordered = [letter for _, letter in sorted(merged.items())]
            DEAD_LETTERS.insert_all(self.connection, ordered, self.cipher, _ONCE)

    def find(self, condition: str = "true", *, limit: int | None = None, **params: Any) -> list[DeadLetter]:
        """Letters by a condition on `dead_letters r`, newest first, `limit` at most."""
        sql = (
            f"SELECT {DEAD_LETTERS.selection} FROM dead_letters r WHERE {condition} ORDER BY r.id DESC LIMIT %(limit)s"  # noqa: S608
        )
        rows = self.connection.execute(sql, params | {"limit": limit})
        return [DEAD_LETTERS.load(row, self.cipher) for row in rows]

    def take(self, letter_id: UUID) -> DeadLetter | None:
        """Lock one letter that nobody has dealt with yet."""
        letters = self.find_locked(letter_id)
        return letters[0] if letters and letters[0].status == "dead" else None

    def find_locked(self, letter_id: UUID) -> list[DeadLetter]:
        """The letter with that id, locked until the transaction ends."""
        sql = f"SELECT {DEAD_LETTERS.selection} FROM dead_letters r WHERE r.id = %s FOR UPDATE"  # noqa: S608
        return [DEAD_LETTERS.load(row, self.cipher) for row in self.connection.execute(sql, (letter_id,))]

    def resolve(self, letter: DeadLetter, status: str, by: str, why: str, now: datetime) -> None:
        """Write how a letter was dealt with."""
        letter.status, letter.resolved_by, letter.resolution, letter.resolved_at = status, by, why, now
        DEAD_LETTERS.update_all(self.connection, [letter], self.cipher)
