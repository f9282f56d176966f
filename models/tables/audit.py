"""The audit trail: append-only, hash-chained per payment, and one chain more for security events."""

from typing import Final

from sqlalchemy import Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import UUID

from models.tables.schema import FROZEN, METADATA, json, key, moment, text

AUDIT: Final = Table(
    "audit_entries",
    METADATA,
    key("session_id"),
    Column("seq", Integer, nullable=False),
    text("action", frozen=True),
    text("actor", frozen=True),
    moment("at", frozen=True),
    json("data", frozen=True),
    Column("previous_hash", LargeBinary, nullable=True),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("session_id", "seq"),
)
Index("audit_entries_at", AUDIT.c.at)
Index("audit_entries_action", AUDIT.c.action)
# What people and other services did, not we ourselves: "admin:alice", "cli:bob".
Index("audit_entries_people", AUDIT.c.at, postgresql_where="actor LIKE '%:%'")

SECURITY_EVENTS: Final = Table(
    "security_events",
    METADATA,
    key(primary_key=True),
    # Any word: each release knows more kinds, and none may be lost because another one wrote it.
    text("kind", frozen=True),
    text("actor", frozen=True),
    moment("at", frozen=True),
    Column("session_id", UUID(as_uuid=True), nullable=True, info={FROZEN: True}),
    json("data", frozen=True),
    # Each event is an entry of the security chain.
    Column("audit_seq", Integer, nullable=False, info={FROZEN: True}),
    UniqueConstraint("audit_seq"),
)
Index("security_events_kind", SECURITY_EVENTS.c.kind, SECURITY_EVENTS.c.at)
Index("security_events_at", SECURITY_EVENTS.c.at)
