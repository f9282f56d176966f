"""The windows of sessions that are not over, read without the sessions: for the mirror in Redis."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from domain.window_mirror import Window

_LIVE: Final = """
    SELECT id, window_expires_at, window_version FROM payment_sessions
     WHERE status IN ('pending', 'processing', 'failed')
"""


def live_after(connection: Connection[Any], last: UUID, limit: int) -> list[Window]:
    """The next windows in the order of their sessions' ids, after the last one that was read."""
    rows = connection.execute(f"{_LIVE} AND id > %s ORDER BY id LIMIT %s", (last, limit))
    return [Window(*row) for row in rows]


def live_among(connection: Connection[Any], session_ids: Sequence[UUID]) -> dict[UUID, Window]:
    """The windows of those of these sessions that are not over."""
    rows = connection.execute(f"{_LIVE} AND id = ANY(%s)", (list(session_ids),))
    return {row[0]: Window(*row) for row in rows}
