"""Messages that gave up, and messages that never were ones, kept whole until a person decides."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection

from domain.messaging import DeadLetter
from models.paging import Ordering, Paged, Place
from models.records import DEAD_LETTERS
from models.sealing import FieldCipher

_ONCE: Final = """
    ON CONFLICT (content_index) WHERE status = 'dead' DO UPDATE
       SET copies = dead_letters.copies + excluded.copies, error = excluded.error,
           last_at = greatest(coalesce(excluded.last_at, excluded.created_at), dead_letters.last_at)
"""

#: A megabyte each at most.
_IN_HAND: Final = 20
LETTER_ORDER: Final = Ordering((("r.id", UUID),))


@dataclass(frozen=True, slots=True)
class WantedLetters:
    """Which letters somebody wants to see; None: any."""

    status: str | None = "dead"
    queue: str | None = None
    actor: str | None = None
    reason: str | None = None
    #: When they gave up: from, and before.
    since: datetime | None = None
    until: datetime | None = None
    #: Only those with ids after this one, and up to that one: what comes meanwhile was not looked at.
    after: UUID | None = None
    upto: UUID | None = None

    @property
    def condition(self) -> str:
        """As a condition on `dead_letters r`."""
        parts = (
            ("r.status = %(status)s", self.status),
            ("r.queue = %(queue)s", self.queue),
            ("r.actor = %(actor)s", self.actor),
            ("r.reason = %(reason)s", self.reason),
            ("r.created_at >= %(since)s", self.since),
            ("r.created_at < %(until)s", self.until),
            ("r.id > %(after)s", self.after),
            ("r.id <= %(upto)s", self.upto),
        )
        return " AND ".join(["true", *(part for part, value in parts if value is not None)])


class LetterGroup(NamedTuple):
    """Letters that gave up for one cause."""

    queue: str
    actor: str
    reason: str
    letters: int
    copies: int
    first: datetime
    last: datetime
    #: What the newest of them says.
    error: str


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

    def groups(self, limit: int) -> list[LetterGroup]:
        """What waits for a person, by where it came from and why, most first."""
        rows = self.connection.execute(
            "SELECT queue, actor, reason, count(*), sum(copies), min(created_at), max(coalesce(last_at, created_at)),"
            " (array_agg(error ORDER BY id DESC))[1] FROM dead_letters WHERE status = 'dead'"
            " GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3 LIMIT %s",
            (limit,),
        )
        return [LetterGroup(*row) for row in rows]

    def page(self, wanted: WantedLetters, place: Place, limit: int) -> Paged[DeadLetter]:
        """One page, newest first."""
        sql = f"SELECT {DEAD_LETTERS.selection} FROM dead_letters r WHERE "  # noqa: S608 - our own words

        def fetch(tail: str, keys: dict[str, Any]) -> list[DeadLetter]:
            rows = self.connection.execute(sql + tail, asdict(wanted) | keys)
            return [DEAD_LETTERS.load(row, self.cipher) for row in rows]

        return LETTER_ORDER.page(fetch, wanted.condition, place, limit)

    def count(self, wanted: WantedLetters) -> int:
        """How many there are."""
        sql = f"SELECT count(*) FROM dead_letters r WHERE {wanted.condition}"  # noqa: S608 - our own words
        ((count,),) = self.connection.execute(sql, asdict(wanted)).fetchall()
        return int(count)

    def oldest(self, wanted: WantedLetters, limit: int) -> Iterator[DeadLetter]:
        """The first that match, in the order in which they gave up; few at a time are in hand, for they may be long."""
        while limit > 0:
            sql = (
                f"SELECT {DEAD_LETTERS.selection} FROM dead_letters r WHERE {wanted.condition}"  # noqa: S608
                " ORDER BY r.id LIMIT %(most)s"
            )
            rows = self.connection.execute(sql, asdict(wanted) | {"most": min(limit, _IN_HAND)}).fetchall()
            letter = None
            for row in rows:
                letter = DEAD_LETTERS.load(row, self.cipher)
                yield letter
            if letter is None:
                return
            limit, wanted = limit - len(rows), replace(wanted, after=letter.id)

    def dead_again(self, letter: DeadLetter) -> UUID | None:
        """The letter that waits for a person because the same message gave up again for the same reason."""
        sql = "SELECT id FROM dead_letters WHERE content_index = %s AND status = 'dead'"
        row = self.connection.execute(sql, (self.cipher.index(letter.content),)).fetchone()
        return row[0] if row else None

    def take(self, letter_id: UUID) -> DeadLetter | None:
        """Lock one letter that nobody has dealt with yet."""
        letters = self.find_locked(letter_id)
        return letters[0] if letters and letters[0].status == "dead" else None

    def find_locked(self, letter_id: UUID) -> list[DeadLetter]:
        """The letter with that id, locked until the transaction ends."""
        sql = f"SELECT {DEAD_LETTERS.selection} FROM dead_letters r WHERE r.id = %s FOR UPDATE"  # noqa: S608
        return [DEAD_LETTERS.load(row, self.cipher) for row in self.connection.execute(sql, (letter_id,))]

    def settle_rows(self, rows: Collection[UUID], now: datetime, *, queue: str, actor: str, why: str) -> None:
        """Put down as put back what waits for a person of these rows. None of it is read.

        Args:
            rows: their ids.
            now: the time.
            queue: where the letters come from.
            actor: how the names of their actors begin.
            why: what happened.
        """
        self.connection.execute(
            """
            UPDATE dead_letters
               SET status = 'requeued', resolved_by = 'system', resolution = %(why)s, resolved_at = %(now)s
             WHERE row_id = ANY(%(rows)s) AND status = 'dead' AND queue = %(queue)s AND starts_with(actor, %(actor)s)
            """,
            {"why": why, "now": now, "rows": list(rows), "queue": queue, "actor": actor},
        )

    def resolve(self, letter: DeadLetter, status: str, by: str, why: str, now: datetime) -> None:
        """Write how a letter was dealt with."""
        letter.status, letter.resolved_by, letter.resolution, letter.resolved_at = status, by, why, now
        DEAD_LETTERS.update_all(self.connection, [letter], self.cipher)
