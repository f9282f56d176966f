"""Reconciliation with Stripe: how far its lists have been read, and money that nobody can explain."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Table
from sqlalchemy.dialects.postgresql import UUID

from models.tables.schema import FROZEN, METADATA, json, minor, moment, text

CURSORS: Final = Table(
    "cursors",
    METADATA,
    text("name", frozen=True, primary_key=True),
    json("value"),
    moment("updated_at"),
    moment("due_at", null=True),
    Column("tries", Integer, nullable=False),
    moment("leased_until", null=True),
    Column("fence", BigInteger, nullable=False),
)

DIFFERENCES: Final = Table(
    "money_differences",
    METADATA,
    text("id", frozen=True, primary_key=True),
    text("reason"),
    text("currency", frozen=True),
    minor("amount_minor"),
    Column("session_id", UUID(as_uuid=True), nullable=True, info={FROZEN: True}),
    text("source_id", null=True, frozen=True),
    text("payment_intent_id", null=True, frozen=True),
    moment("moved_at", null=True, frozen=True),
    moment("found_at", frozen=True),
    moment("explained_at", null=True),
    CheckConstraint("amount_minor >= 0", name="amount"),
)
Index("money_differences_open", DIFFERENCES.c.found_at, postgresql_where="explained_at IS NULL")
