"""Reconciliation with Stripe: how far its lists were read, what nobody can explain, and what people asked for."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Table
from sqlalchemy.dialects.postgresql import UUID

from domain.reconciliation import RunStatus
from models.tables.schema import FROZEN, METADATA, json, key, minor, moment, one_of, text

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
    moment("asked_at", null=True),
    moment("explained_at", null=True),
    CheckConstraint("amount_minor >= 0", name="amount"),
)
Index("money_differences_open", DIFFERENCES.c.found_at, postgresql_where="explained_at IS NULL")

RUNS: Final = Table(
    "reconciliation_runs",
    METADATA,
    key(primary_key=True),
    text("asked_by", frozen=True),
    text("reason", frozen=True),
    moment("since", frozen=True),
    moment("asked_at", frozen=True),
    moment("finished_at", null=True),
    text("status"),
    json("found"),
    Column("tries", Integer, nullable=False),
    text("last_error", null=True),
    moment("due_at", null=True),
    moment("leased_until", null=True),
    Column("fence", BigInteger, nullable=False),
    CheckConstraint("(status = 'asked') = (finished_at IS NULL)", name="finished"),
    one_of("status", RunStatus),
)
# One at a time.
Index("reconciliation_runs_asked", RUNS.c.status, unique=True, postgresql_where="status = 'asked'")
