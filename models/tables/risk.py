"""What is known of risk, and how buyers have paid."""

from typing import Final

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, PrimaryKeyConstraint, Table
from sqlalchemy import UniqueConstraint as Unique

from models.tables.schema import FROZEN, METADATA, json, key, moment, text

RISK_SIGNALS: Final = Table(
    "risk_signals",
    METADATA,
    key("session_id"),
    text("kind", frozen=True),
    text("source", frozen=True),
    Column("points", Integer, nullable=False, info={FROZEN: True}),
    json("detail", frozen=True),
    text("stripe_payment_intent_id", null=True, frozen=True),
    moment("at", frozen=True),
    # Told twice, it is one signal. Its order also finds a session's declines.
    PrimaryKeyConstraint("session_id", "kind", "source"),
    CheckConstraint("points BETWEEN 0 AND 100", name="points"),
    ForeignKeyConstraint(["session_id"], ["payment_sessions.id"]),
)
# What weighs something: the declines of an ordinary day are not in it.
Index("risk_signals_at", RISK_SIGNALS.c.at, postgresql_where="points > 0")

PAYMENT_METHODS: Final = Table(
    "payment_methods",
    METADATA,
    key(primary_key=True),
    text("buyer_id", frozen=True),
    text("type", frozen=True),
    text("brand", null=True, frozen=True),
    text("last4", null=True, frozen=True),
    Column("exp_month", Integer, nullable=True, info={FROZEN: True}),
    Column("exp_year", Integer, nullable=True, info={FROZEN: True}),
    text("stripe_payment_method_id", null=True),
    moment("first_used_at"),
    moment("last_used_at"),
    # Stripe gives the same card a new id for each checkout.
    Unique(
        "buyer_id", "type", "brand", "last4", "exp_month", "exp_year",
        name="payment_methods_same", postgresql_nulls_not_distinct=True,
    ),
    # A card's number has no place here: four digits are all that fits.
    CheckConstraint("length(last4) <= 4", name="last4"),
)  # fmt: skip
Index("payment_methods_buyer", PAYMENT_METHODS.c.buyer_id, PAYMENT_METHODS.c.last_used_at)
