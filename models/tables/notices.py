"""What people are told, and through what."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    UniqueConstraint,
)

from domain.notice import Channel, NoticeStatus
from domain.notices import NoticeKind, Recipient
from models.tables.schema import METADATA, json, key, moment, one_of, text

NOTIFICATIONS: Final = Table(
    "notifications",
    METADATA,
    key(primary_key=True),
    key("session_id"),
    text("kind", frozen=True),
    text("recipient", frozen=True),
    text("channel", frozen=True),
    text("dedupe_key", frozen=True),
    json("facts", frozen=True),
    text("status"),
    Column("tries", Integer, nullable=False),
    moment("due_at"),
    moment("wanted_at"),
    moment("leased_until", null=True),
    Column("fence", BigInteger, nullable=False),
    text("message_id", null=True),
    text("last_error", null=True),
    moment("created_at", frozen=True),
    moment("finished_at", null=True),
    ForeignKeyConstraint(["session_id"], ["payment_sessions.id"]),
    # The same thing is told once.
    UniqueConstraint("dedupe_key"),
    CheckConstraint("(status = 'queued') = (finished_at IS NULL)", name="finished"),
    CheckConstraint("status <> 'sent' OR message_id IS NOT NULL", name="sent"),
    one_of("kind", NoticeKind),
    one_of("recipient", Recipient),
    one_of("channel", Channel),
    one_of("status", NoticeStatus),
)
Index("notifications_due", NOTIFICATIONS.c.due_at, postgresql_where="status = 'queued'")
Index("notifications_session", NOTIFICATIONS.c.session_id)
Index("notifications_not_sent", NOTIFICATIONS.c.id, postgresql_where="status IN ('refused', 'given_up')")
