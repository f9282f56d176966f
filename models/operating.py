"""Queues that are paused, and processes that live, in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from psycopg import Connection

from domain.processes import REMEMBERED, LiveProcess
from domain.queues import Pause

_PAUSE: Final = "queue, paused_at, paused_by, reason, until"
_IN_FORCE: Final = "(until IS NULL OR until > %(now)s)"
#: One round trip: show that we live, and hear what is paused.
_BEAT: Final = f"""
    WITH beat AS (
      INSERT INTO processes (id, role, name, started_at, heard_at, report)
      VALUES (%(id)s, %(role)s, %(name)s, %(started_at)s, %(now)s, %(report)s::jsonb)
      ON CONFLICT (id) DO UPDATE SET heard_at = excluded.heard_at, report = excluded.report)
    SELECT queue FROM queue_pauses WHERE {_IN_FORCE}
"""  # noqa: S608 - our own words


@dataclass(frozen=True, slots=True)
class Operating:
    """What operators and processes tell each other."""

    connection: Connection[Any]

    def pauses(self, now: datetime) -> list[Pause]:
        """The pauses in force."""
        sql = f"SELECT {_PAUSE} FROM queue_pauses WHERE {_IN_FORCE} ORDER BY paused_at"  # noqa: S608 - our own words
        return [Pause(*row) for row in self.connection.execute(sql, {"now": now})]

    def pause(self, pause: Pause) -> bool:
        """Begin a pause; False if one is in force."""
        done = self.connection.execute(
            f"""
            INSERT INTO queue_pauses AS p ({_PAUSE})
            VALUES (%(queue)s, %(now)s, %(paused_by)s, %(reason)s, %(until)s)
            ON CONFLICT (queue) DO UPDATE SET paused_at = excluded.paused_at, paused_by = excluded.paused_by,
                reason = excluded.reason, until = excluded.until
             WHERE p.until <= %(now)s
            """,  # noqa: S608 - our own words
            {
                "queue": pause.queue,
                "now": pause.paused_at,
                "paused_by": pause.paused_by,
                "reason": pause.reason,
                "until": pause.until,
            },
        )
        return bool(done.rowcount)

    def resume(self, queue: str, now: datetime) -> bool:
        """End a pause; False if none was in force."""
        sql = f"DELETE FROM queue_pauses WHERE queue = %(queue)s AND {_IN_FORCE}"  # noqa: S608 - our own words
        return bool(self.connection.execute(sql, {"queue": queue, "now": now}).rowcount)

    def beat(self, process: LiveProcess) -> frozenset[str]:
        """Write that a process lives; answers with the queues that are paused."""
        # A sign of life that is lost in a crash of the server is followed by another one; nobody waits for its disk.
        self.connection.execute("SET LOCAL synchronous_commit = off")
        values = {
            "id": process.id,
            "role": process.role,
            "name": process.name,
            "started_at": process.started_at,
            "now": process.heard_at,
            "report": orjson.dumps(process.report).decode(),
        }
        return frozenset(row[0] for row in self.connection.execute(_BEAT, values))

    def leave(self, process_id: UUID) -> None:
        """A process has ended as it should."""
        self.connection.execute("DELETE FROM processes WHERE id = %s", (process_id,))

    def forget(self, now: datetime) -> None:
        """Forget processes that are gone for long."""
        self.connection.execute("DELETE FROM processes WHERE heard_at < %s", (now - REMEMBERED,))

    def processes(self, limit: int) -> list[LiveProcess]:
        """Those that were heard of, the newest first."""
        rows = self.connection.execute(
            "SELECT id, role, name, started_at, heard_at, report FROM processes ORDER BY id DESC LIMIT %s", (limit,)
        )
        return [LiveProcess(*row) for row in rows]
