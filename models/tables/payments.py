"""A payment: its session, and its attempts at Stripe."""

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

from domain.attempt import AttemptCause, AttemptStatus
from domain.lifecycle import Status
from domain.policies import AttemptKind
from models.tables.schema import FROZEN, METADATA, index_of, json, key, minor, moment, one_of, sealed, text

SESSIONS: Final = Table(
    "payment_sessions",
    METADATA,
    key(primary_key=True),
    text("auction_id", frozen=True),
    text("buyer_id", frozen=True),
    text("maker_id", frozen=True),
    text("intake_key", frozen=True),
    text("policy", frozen=True),
    minor("amount_minor", frozen=True),
    text("currency", frozen=True),
    text("status"),
    text("reason", null=True),
    text("title", null=True, frozen=True),
    text("description", null=True, frozen=True),
    text("locale", null=True, frozen=True),
    sealed("buyer_email", frozen=True),
    index_of("buyer_email"),
    sealed("buyer_phone", frozen=True),
    sealed("maker_email", frozen=True),
    text("maker_stripe_account", null=True, frozen=True),
    text("return_url", null=True, frozen=True),
    text("cancel_url", null=True, frozen=True),
    Column("max_extension_minutes", Integer, nullable=True, info={FROZEN: True}),
    json("metadata", frozen=True),
    sealed("risk", "json", null=False, frozen=True),
    index_of("device_id"),
    moment("window_started_at", null=True),
    moment("window_expires_at"),
    Column("window_version", Integer, nullable=False),
    Column("retry_count", Integer, nullable=False),
    moment("next_retry_at", null=True),
    Column("extended_seconds", Integer, nullable=False),
    moment("retry_asked_at", null=True),
    Column("risk_score", Integer, nullable=False),
    moment("held_at", null=True),
    text("hold_reason", null=True),
    moment("completed_at", null=True),
    moment("closed_at", null=True),
    Column("fully_refunded", Boolean, nullable=False),
    Column("news_attempt", Integer, nullable=False),
    moment("news_at", null=True),
    Column("news_rank", Integer, nullable=False),
    Column("audit_seq", Integer, nullable=False),
    Column("audit_hash", LargeBinary, nullable=True),
    moment("created_at", frozen=True),
    moment("updated_at"),
    # The same request, on any number of workers at once, is one session.
    UniqueConstraint("intake_key"),
    CheckConstraint("amount_minor > 0", name="amount"),
    CheckConstraint("(status = 'completed') = (completed_at IS NOT NULL)", name="completed_at"),
    CheckConstraint("(status IN ('expired', 'canceled')) <= (closed_at IS NOT NULL)", name="closed_at"),
    CheckConstraint("risk_score BETWEEN 0 AND 100", name="risk_score"),
    CheckConstraint("(held_at IS NULL) = (hold_reason IS NULL)", name="held_at"),
    one_of("status", Status),
)
_LIVE: Final = "status IN ('pending', 'processing', 'failed', 'completed') AND NOT fully_refunded"
# One live payment per auction. A sale that is not fully refunded stays live: the lot is sold.
Index("payment_sessions_live_auction", SESSIONS.c.auction_id, unique=True, postgresql_where=_LIVE)
Index("payment_sessions_auction", SESSIONS.c.auction_id)
# What one buyer, one address or one device did lately is a short walk along one of these.
Index("payment_sessions_buyer", SESSIONS.c.buyer_id, SESSIONS.c.created_at)
Index("payment_sessions_buyer_email", SESSIONS.c.buyer_email_index, SESSIONS.c.created_at)
Index(
    "payment_sessions_device",
    SESSIONS.c.device_id_index,
    SESSIONS.c.created_at,
    postgresql_where="device_id_index IS NOT NULL",
)
# What the console's overview and lists ask; all of it is answered by the index alone.
Index(
    "payment_sessions_completed",
    SESSIONS.c.completed_at,
    SESSIONS.c.created_at,
    postgresql_where="completed_at IS NOT NULL",
)
Index("payment_sessions_closed", SESSIONS.c.closed_at, SESSIONS.c.status, postgresql_where="closed_at IS NOT NULL")
Index("payment_sessions_state", SESSIONS.c.status, SESSIONS.c.id, postgresql_where="status <> 'completed'")
Index("payment_sessions_amount", SESSIONS.c.amount_minor)  # searched by operators who have a bank statement in hand
Index("payment_sessions_held", SESSIONS.c.held_at, postgresql_where="held_at IS NOT NULL")
Index(
    "payment_sessions_due", SESSIONS.c.window_expires_at, postgresql_where="status IN ('pending', 'failed')"
)  # what the window sweep looks at, and nothing else
Index(
    "payment_sessions_live", SESSIONS.c.id, postgresql_where="status IN ('pending', 'processing', 'failed')"
)  # what the mirror of windows is compared with

Index(
    "payment_sessions_next_attempt",
    SESSIONS.c.next_retry_at,
    postgresql_where="status IN ('pending', 'failed') AND next_retry_at IS NOT NULL",
)  # what the retry sweep looks at, and nothing else

ATTEMPTS: Final = Table(
    "checkout_attempts",
    METADATA,
    key(primary_key=True),
    key("session_id"),
    Column("attempt_no", Integer, nullable=False, info={FROZEN: True}),
    text("idempotency_key", frozen=True),
    text("kind", frozen=True),
    text("cause", frozen=True),
    text("status"),
    sealed("request", "json"),
    text("destination", null=True),
    minor("application_fee_minor", null=True),
    text("stripe_checkout_id", null=True),
    text("stripe_payment_intent_id", null=True),
    text("booked_as", null=True),
    sealed("url"),
    sealed("client_secret"),
    moment("expires_at", null=True),
    moment("opened_at", null=True),
    moment("closed_at", null=True),
    moment("close_requested_at", null=True),
    text("decline_code", null=True),
    moment("declined_at", null=True),
    moment("action_required_at", null=True),
    moment("paid_near_end_at", null=True),
    Column("tries", Integer, nullable=False),
    text("last_error", null=True),
    moment("due_at", null=True),
    moment("deadline", null=True, frozen=True),
    moment("leased_until", null=True),
    Column("fence", BigInteger, nullable=False),
    moment("look_up_at", null=True),
    moment("look_up_after", null=True),
    Column("look_ups", Integer, nullable=False, server_default="0"),
    moment("created_at", frozen=True),
    ForeignKeyConstraint(["session_id"], ["payment_sessions.id"]),
    UniqueConstraint("session_id", "attempt_no"),
    UniqueConstraint("idempotency_key"),
    UniqueConstraint("stripe_checkout_id"),
    UniqueConstraint("stripe_payment_intent_id"),
    one_of("kind", AttemptKind),
    one_of("cause", AttemptCause),
    one_of("status", AttemptStatus),
)
Index(
    "checkout_attempts_one_open",
    ATTEMPTS.c.session_id,
    unique=True,
    postgresql_where="status IN ('opening', 'open') AND close_requested_at IS NULL",
)
Index("checkout_attempts_due", ATTEMPTS.c.due_at, postgresql_where="due_at IS NOT NULL")
Index(
    "checkout_attempts_urgent", ATTEMPTS.c.deadline, ATTEMPTS.c.due_at, postgresql_where="due_at IS NOT NULL"
)  # the same, who has the least time left first
Index("checkout_attempts_look_up", ATTEMPTS.c.look_up_at, postgresql_where="look_up_at IS NOT NULL")
Index(
    "checkout_attempts_intents", ATTEMPTS.c.id, postgresql_where="kind = 'payment_intent'"
)  # ids sort by time: tells whether there were any lately
