"""Money that moved: what came, what went back, what is disputed, and the ledger over all of it."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from domain.dispute import DisputeStatus
from domain.transaction import Disposition, RefundStatus, TransactionStatus
from models.tables.payments import ATTEMPTS
from models.tables.schema import FROZEN, METADATA, key, minor, moment, one_of, sealed, text

TRANSACTIONS: Final = Table(
    "transactions",
    METADATA,
    key(primary_key=True),
    key("session_id"),
    Column("attempt_id", ATTEMPTS.c.id.type, nullable=True, info={FROZEN: True}),
    text("stripe_payment_intent_id", frozen=True),
    text("stripe_charge_id", null=True),
    text("stripe_balance_transaction_id", null=True),
    minor("amount_minor", frozen=True),
    text("currency", frozen=True),
    text("status"),
    text("disposition"),
    minor("stripe_fee_minor", null=True),
    minor("net_minor", null=True),
    text("settlement_currency", null=True),
    minor("platform_fee_minor"),
    text("destination", null=True, frozen=True),
    minor("transferred_minor", frozen=True),
    minor("refunded_minor"),
    Column("settled_minor", BigInteger, nullable=False, server_default="0"),
    Column("hold_ended", Boolean, nullable=False, server_default="false"),
    text("method_type", null=True),
    text("method_brand", null=True),
    text("method_last4", null=True),
    text("failure_reason", null=True),
    moment("paid_at", frozen=True),
    moment("created_at", frozen=True),
    ForeignKeyConstraint(["session_id"], ["payment_sessions.id"]),
    ForeignKeyConstraint(["attempt_id"], ["checkout_attempts.id"]),
    # A charge is recorded once, however often Stripe tells of it.
    UniqueConstraint("stripe_payment_intent_id"),
    UniqueConstraint("stripe_charge_id"),
    CheckConstraint("refunded_minor BETWEEN 0 AND amount_minor", name="refunded"),
    CheckConstraint("settled_minor BETWEEN 0 AND amount_minor", name="settled"),
    one_of("status", TransactionStatus),
    one_of("disposition", Disposition),
)
Index("transactions_session", TRANSACTIONS.c.session_id)
Index(
    "transactions_one_kept", TRANSACTIONS.c.session_id, unique=True, postgresql_where="disposition = 'kept'"
)  # at most one payment is kept per session
Index(
    "transactions_unwanted", TRANSACTIONS.c.created_at, postgresql_where="disposition IN ('late', 'duplicate')"
)  # money that must go back
Index(
    "transactions_kept",
    TRANSACTIONS.c.paid_at,
    TRANSACTIONS.c.currency,
    TRANSACTIONS.c.amount_minor,
    postgresql_where="disposition = 'kept'",
)  # what was collected in a span of time: along this alone
Index(
    "transactions_held", TRANSACTIONS.c.session_id, postgresql_where="disposition = 'held'"
)  # money that waits for a person
Index("transactions_fee_missing", TRANSACTIONS.c.created_at, postgresql_where="stripe_fee_minor IS NULL")

REFUNDS: Final = Table(
    "refunds",
    METADATA,
    key(primary_key=True),
    key("session_id"),
    key("transaction_id"),
    minor("amount_minor", frozen=True),
    text("currency", frozen=True),
    text("status"),
    text("reason", frozen=True),
    text("requested_by", frozen=True),
    moment("approval_until", null=True, frozen=True),
    text("approved_by", null=True),
    Column("reverses_transfer", Boolean, nullable=False, info={FROZEN: True}),
    minor("reversed_minor", null=True),
    sealed("request", "json"),
    moment("sent_at", null=True),
    text("idempotency_key", frozen=True),
    Column("keys_used", Integer, nullable=False, server_default="0"),
    text("stripe_refund_id", null=True),
    text("failure_reason", null=True),
    Column("tries", Integer, nullable=False),
    text("last_error", null=True),
    moment("due_at", null=True),
    moment("leased_until", null=True),
    Column("fence", BigInteger, nullable=False),
    text("stripe_balance_transaction_id", null=True),
    moment("look_up_at", null=True),
    moment("look_up_after", null=True),
    Column("look_ups", Integer, nullable=False, server_default="0"),
    moment("settled_at", null=True),
    moment("created_at", frozen=True),
    moment("updated_at"),
    ForeignKeyConstraint(["session_id"], ["payment_sessions.id"]),
    ForeignKeyConstraint(["transaction_id"], ["transactions.id"]),
    UniqueConstraint("idempotency_key"),
    UniqueConstraint("stripe_refund_id"),
    CheckConstraint("amount_minor > 0", name="amount"),
    # Whoever asked cannot agree.
    CheckConstraint("approved_by <> requested_by", name="two_people"),
    one_of("status", RefundStatus),
)
Index("refunds_session", REFUNDS.c.session_id)
Index("refunds_due", REFUNDS.c.due_at, postgresql_where="due_at IS NOT NULL")
Index("refunds_look_up", REFUNDS.c.look_up_at, postgresql_where="look_up_at IS NOT NULL")
Index(
    "refunds_not_booked",
    REFUNDS.c.updated_at,
    postgresql_where="status = 'succeeded' AND stripe_balance_transaction_id IS NULL",
)  # what Stripe's books must still show
Index("refunds_under_way", REFUNDS.c.transaction_id, postgresql_where="status IN ('requested', 'pending')")
Index(
    "refunds_failed",
    REFUNDS.c.transaction_id,
    postgresql_where="status IN ('failed', 'canceled')",
)  # what a person may have to send again

DISPUTES: Final = Table(
    "disputes",
    METADATA,
    key(primary_key=True),
    key("session_id"),
    key("transaction_id"),
    text("stripe_dispute_id", frozen=True),
    minor("amount_minor"),
    text("currency", frozen=True),
    text("status"),
    text("reason"),
    moment("evidence_due_at", null=True),
    Column("movements", Integer, nullable=False),
    minor("withdrawn_minor"),
    minor("reinstated_minor"),
    minor("lost_minor"),
    minor("fee_minor"),
    text("fee_currency", null=True),
    Column("bookings", Integer, nullable=False),
    moment("news_at", null=True),
    Column("news_rank", Integer, nullable=False),
    moment("opened_at", frozen=True),
    moment("closed_at", null=True),
    moment("created_at", frozen=True),
    moment("updated_at"),
    ForeignKeyConstraint(["session_id"], ["payment_sessions.id"]),
    ForeignKeyConstraint(["transaction_id"], ["transactions.id"]),
    UniqueConstraint("stripe_dispute_id"),
    CheckConstraint("amount_minor > 0", name="amount"),
    CheckConstraint("(fee_minor = 0) OR (fee_currency IS NOT NULL)", name="fee"),
    one_of("status", DisputeStatus),
)
Index("disputes_session", DISPUTES.c.session_id)
Index("disputes_open", DISPUTES.c.evidence_due_at, postgresql_where="closed_at IS NULL")

LEDGER: Final = Table(
    "ledger_entries",
    METADATA,
    key("session_id"),
    text("cause", frozen=True),
    Column("line", Integer, nullable=False),
    text("debit", frozen=True),
    text("credit", frozen=True),
    minor("amount_minor", frozen=True),
    text("currency", frozen=True),
    moment("booked_at", frozen=True),
    # Debit and credit stand in one row, so the books sum to zero by their shape; a cause is booked once.
    PrimaryKeyConstraint("cause", "line"),
    CheckConstraint("amount_minor > 0", name="amount"),
    CheckConstraint("debit <> credit", name="accounts"),
    ForeignKeyConstraint(["session_id"], ["payment_sessions.id"]),
)
