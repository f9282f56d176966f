"""What comes in and what goes out: Stripe's events, outgoing events with their deliveries, dead letters."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import UUID

from models.tables.schema import FROZEN, METADATA, index_of, json, key, moment, one_of, sealed, text

#: What became of a Stripe event: waits for a worker; moved a payment; needed nothing; waits for a person.
EVENT_STATES: Final = ("waiting", "done", "ignored", "set_aside")
DELIVERY_STATES: Final = ("waiting", "sent", "given_up", "dropped")
DEAD_LETTER_STATES: Final = ("dead", "requeued", "discarded")

WEBHOOK_EVENTS: Final = Table(
    "webhook_events",
    METADATA,
    key(),
    text("stripe_event_id", frozen=True),
    text("type", frozen=True),
    moment("created", frozen=True),
    Column("livemode", Boolean, nullable=False, info={FROZEN: True}),
    text("account", null=True, frozen=True),
    Column("session_id", UUID(as_uuid=True), nullable=True, info={FROZEN: True}),
    text("object_id", null=True, frozen=True),
    sealed("body", "bytes", null=False, frozen=True),
    text("source", frozen=True),
    text("status"),
    text("reason", null=True),
    Column("tries", Integer, nullable=False),
    moment("due_at", null=True),
    moment("received_at", frozen=True),
    moment("processed_at", null=True),
    PrimaryKeyConstraint("id", "created"),
    # A repeat is the same event: when it was created is part of it, and signed.
    UniqueConstraint("stripe_event_id", "created"),
    one_of("status", EVENT_STATES),
    postgresql_partition_by="RANGE (created)",
)
Index("webhook_events_waiting", WEBHOOK_EVENTS.c.due_at, postgresql_where="status = 'waiting'")
Index("webhook_events_set_aside", WEBHOOK_EVENTS.c.received_at, postgresql_where="status = 'set_aside'")
Index("webhook_events_session", WEBHOOK_EVENTS.c.session_id)
Index("webhook_events_received", WEBHOOK_EVENTS.c.received_at)

AUCTIONS: Final = Table(
    "auctions",
    METADATA,
    text("auction_id", frozen=True, primary_key=True),
    # The number of its newest outgoing event. Locking this row orders what one auction is told.
    Column("event_no", BigInteger, nullable=False),
)

OUTBOX: Final = Table(
    "outbox",
    METADATA,
    key(primary_key=True),
    text("type", frozen=True),
    text("auction_id", frozen=True),
    Column("order_no", BigInteger, nullable=False, info={FROZEN: True}),
    # None for a request that was refused: it never became a payment.
    Column("session_id", UUID(as_uuid=True), nullable=True, info={FROZEN: True}),
    json("body", frozen=True),
    moment("occurred_at", frozen=True),
    text("dedupe_key", null=True, frozen=True),
    # Each part has its own key of auction and order number: see `models.partitions`.
    postgresql_partition_by="RANGE (id)",
)
Index(
    "outbox_dedupe", OUTBOX.c.dedupe_key, postgresql_where="dedupe_key IS NOT NULL"
)  # partial: what is told of payments, nearly all, is not in it

DELIVERIES: Final = Table(
    "deliveries",
    METADATA,
    key("event_id"),
    text("endpoint", frozen=True),
    text("auction_id", frozen=True),
    Column("order_no", BigInteger, nullable=False, info={FROZEN: True}),
    text("status"),
    Column("tries", Integer, nullable=False),
    text("last_error", null=True),
    moment("due_at", null=True),
    moment("leased_until", null=True),
    Column("fence", BigInteger, nullable=False),
    moment("created_at", frozen=True),
    moment("waiting_since"),
    moment("finished_at", null=True),
    Column("late", Boolean, nullable=False),
    PrimaryKeyConstraint("event_id", "endpoint"),
    one_of("status", DELIVERY_STATES),
)
Index("deliveries_due", DELIVERIES.c.endpoint, DELIVERIES.c.due_at, postgresql_where="status = 'waiting'")
Index("deliveries_under_way", DELIVERIES.c.endpoint, postgresql_where="leased_until IS NOT NULL")
Index(
    "deliveries_order",
    DELIVERIES.c.endpoint,
    DELIVERIES.c.auction_id,
    DELIVERIES.c.order_no,
    postgresql_where="status = 'waiting'",
)  # finds an older one of the same auction, which goes first

Index("deliveries_not_sent", DELIVERIES.c.event_id, postgresql_where="status IN ('given_up', 'dropped')")

ENDPOINTS: Final = Table(
    "endpoints",
    METADATA,
    text("name", frozen=True, primary_key=True),
    Column("failures", Integer, nullable=False),
    moment("failing_since", null=True),
    moment("rests_until", null=True),
    text("last_error", null=True),
    moment("last_received_at", null=True),
    moment("paused_at", null=True),
    text("paused_by", null=True),
    text("pause_reason", null=True),
)

DEAD_LETTERS: Final = Table(
    "dead_letters",
    METADATA,
    key(primary_key=True),
    text("queue", frozen=True),
    text("actor", frozen=True),
    sealed("message", "bytes", null=False, frozen=True),
    index_of("content"),
    text("reason", frozen=True),
    text("error", frozen=True),
    Column("tries", Integer, nullable=False, info={FROZEN: True}),
    Column("copies", Integer, nullable=False, server_default="1"),
    moment("last_at", null=True),
    text("status"),
    text("resolution", null=True),
    text("resolved_by", null=True),
    moment("resolved_at", null=True),
    moment("created_at", frozen=True),
    # What was sent in its stead; the message stays as it came.
    sealed("corrected", "bytes"),
    # Not its foreign key: it may lie in any of three tables.
    Column("row_id", UUID(as_uuid=True), nullable=True, info={FROZEN: True}),
    one_of("status", DEAD_LETTER_STATES),
)
Index(
    "dead_letters_content", DEAD_LETTERS.c.content_index, unique=True, postgresql_where="status = 'dead'"
)  # who resends what is refused every minute has one letter, not a thousand
# Lists go by ids.
Index("dead_letters_waiting", DEAD_LETTERS.c.id, postgresql_where="status = 'dead'")
Index("dead_letters_row", DEAD_LETTERS.c.row_id, postgresql_where="status = 'dead' AND row_id IS NOT NULL")
Index("dead_letters_dead", DEAD_LETTERS.c.created_at, postgresql_where="status = 'dead'")
