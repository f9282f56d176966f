"""Notices in the database: queued once with their cause, and written when they were sent, by whoever holds them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from domain.notice import Notice, NoticeStatus
from domain.payment import Payment
from models.records import NOTICES
from models.sealing import FieldCipher

#: What is queued already is sent sooner, if it is told of again with less patience. What is done stays done.
_ONCE: Final = """
    ON CONFLICT (dedupe_key) DO UPDATE
       SET due_at = excluded.due_at, wanted_at = least(notifications.wanted_at, excluded.wanted_at)
     WHERE notifications.status = 'queued' AND notifications.tries = 0 AND notifications.due_at > excluded.due_at
"""


def write(connection: Connection[Any], cipher: FieldCipher, payments: Sequence[Payment]) -> int:
    """Queue what these payments want told, each thing once.

    Returns:
        How many may be due at once.
    """
    told = [notice for payment in payments for notice in payment.notices]
    # Within one statement a key may come once: the one with the least patience.
    wanted = {notice.dedupe_key: notice for notice in sorted(told, key=lambda one: one.due_at, reverse=True)}
    if wanted:
        NOTICES.insert_all(connection, list(wanted.values()), cipher, _ONCE)
    return sum(notice.due_at <= notice.created_at for notice in wanted.values())


def record(connection: Connection[Any], notice: Notice, **values: object) -> bool:
    """Write what became of a notice, and let it go; False if another worker has taken it over."""
    assignments = ", ".join(f"{name} = %({name})s" for name in values)
    written = connection.execute(
        f"UPDATE notifications SET leased_until = NULL, {assignments} "  # noqa: S608 - our own words
        "WHERE id = %(id)s AND fence = %(fence)s AND status = 'queued'",
        values | {"id": notice.id, "fence": notice.fence},
    )
    return bool(written.rowcount)


def find(
    connection: Connection[Any], cipher: FieldCipher, condition: str, limit: int | None = None, **params: Any
) -> list[Notice]:
    """Notices by a condition on `notifications r`, newest first."""
    sql = f"SELECT {NOTICES.selection} FROM notifications r WHERE {condition} ORDER BY r.id DESC LIMIT %(limit)s"  # noqa: S608
    return [NOTICES.load(row, cipher) for row in connection.execute(sql, params | {"limit": limit})]


def queue_again(connection: Connection[Any], notice_id: UUID, now: datetime) -> bool:
    """Queue a notice that gave up once more, as if it were new; False if it did not give up."""
    written = connection.execute(
        "UPDATE notifications SET status = %(queued)s, tries = 0, due_at = %(now)s, wanted_at = %(now)s,"
        " finished_at = NULL WHERE id = %(id)s AND status = %(given_up)s",
        {"queued": NoticeStatus.QUEUED, "given_up": NoticeStatus.GIVEN_UP, "id": notice_id, "now": now},
    )
    return bool(written.rowcount)
