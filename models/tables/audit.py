"""The audit trail: append-only, hash-chained per payment."""

from typing import Final

from sqlalchemy import Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table

from models.tables.schema import METADATA, json, key, moment, text

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
