"""Receipts and credit notes, and the last number of each of their series."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
)

from domain.documents import DocumentKind
from domain.receipt import ReceiptStatus
from models.tables.money import REFUNDS
from models.tables.schema import FROZEN, METADATA, key, minor, moment, one_of, sealed, text

RECEIPTS: Final = Table(
    "receipts",
    METADATA,
    key(primary_key=True),
    text("kind", frozen=True),
    key("session_id"),
    key("transaction_id"),
    Column("refund_id", REFUNDS.c.id.type, nullable=True, info={FROZEN: True}),
    text("status"),
    text("series", null=True),
    Column("number_no", Integer, nullable=True),
    text("number", null=True),
    text("language", frozen=True),
    text("currency", frozen=True),
    minor("amount_minor", frozen=True),
    Column("in_full", Boolean, nullable=False, info={FROZEN: True}),
    moment("occurred_at", frozen=True),
    sealed("document", "json"),
    text("template_version", null=True),
    Column("content_hash", LargeBinary, nullable=True),
    Column("size", Integer, nullable=True),
    text("storage_key", null=True),
    moment("created_at", frozen=True),
    moment("numbered_at", null=True),
    moment("issued_at", null=True),
    Column("tries", Integer, nullable=False),
    text("last_error", null=True),
    moment("due_at", null=True),
    moment("leased_until", null=True),
    Column("fence", BigInteger, nullable=False),
    ForeignKeyConstraint(["session_id"], ["payment_sessions.id"]),
    ForeignKeyConstraint(["transaction_id"], ["transactions.id"]),
    ForeignKeyConstraint(["refund_id"], ["refunds.id"]),
    UniqueConstraint("series", "number_no"),
    UniqueConstraint("number"),
    # A refund has one credit note; which kind a document is, its refund tells.
    UniqueConstraint("refund_id"),
    CheckConstraint("(kind = 'credit_note') = (refund_id IS NOT NULL)", name="refund"),
    CheckConstraint("amount_minor > 0", name="amount"),
    # A document has its number, and what stands on it, together and for good.
    CheckConstraint(
        "num_nulls(series, number_no, number, document, template_version, numbered_at) IN (0, 6)", name="whole"
    ),
    CheckConstraint("(status IN ('wanted', 'withdrawn')) = (number IS NULL)", name="numbered"),
    CheckConstraint("(status = 'issued') = (issued_at IS NOT NULL)", name="issued"),
    CheckConstraint("num_nulls(content_hash, size, storage_key) = 0 OR status <> 'issued'", name="stored"),
    one_of("kind", DocumentKind),
    one_of("status", ReceiptStatus),
)
Index("receipts_one_per_transaction", RECEIPTS.c.transaction_id, unique=True, postgresql_where="kind = 'receipt'")
Index("receipts_session", RECEIPTS.c.session_id)
Index("receipts_wanted", RECEIPTS.c.id, postgresql_where="status = 'wanted'")
Index("receipts_due", RECEIPTS.c.due_at, postgresql_where="status = 'numbered'")
Index("receipts_stuck", RECEIPTS.c.id, postgresql_where="status = 'stuck'")

SERIES: Final = Table(
    "receipt_series",
    METADATA,
    text("series", frozen=True, primary_key=True),
    # Locked only by the short transaction that gives numbers.
    Column("last_no", Integer, nullable=False),
    CheckConstraint("last_no >= 0", name="last_no"),
)
