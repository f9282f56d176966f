"""Refunds by people, disputes, and what Connect passes on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_REFUND_STATUS = "status IN ('requested', 'pending', 'succeeded', 'failed', 'canceled')"
_DISPUTE_STATUS = (
    "status IN ('warning_needs_response', 'warning_under_review', 'warning_closed', 'needs_response', 'under_review', "
    "'appeal_needs_response', 'appeal_under_review', 'won', 'lost', 'prevented')"
)
# For reports. Debits count up and credits down, so assets and expenses are positive, and what is owed or earned negative.
_BALANCES = """
CREATE VIEW ledger_balances AS
SELECT session_id, account, currency, sum(amount_minor)::bigint AS balance_minor
  FROM (SELECT session_id, debit AS account, currency, amount_minor FROM ledger_entries
        UNION ALL SELECT session_id, credit, currency, -amount_minor FROM ledger_entries) entries
 GROUP BY session_id, account, currency
"""


def upgrade() -> None:
    """Apply."""
    op.add_column("checkout_attempts", sa.Column("destination", sa.Text()))
    op.add_column("checkout_attempts", sa.Column("application_fee_minor", sa.BigInteger()))
    op.add_column("transactions", sa.Column("destination", sa.Text()))
    op.add_column(
        "transactions", sa.Column("transferred_minor", sa.BigInteger(), nullable=False, server_default=sa.text("0"))
    )
    op.alter_column("transactions", "transferred_minor", server_default=None)
    op.create_index(
        "transactions_unwanted",
        "transactions",
        ["created_at"],
        postgresql_where="disposition IN ('late', 'duplicate')",
    )
    _refunds()
    _disputes()
    op.execute(_BALANCES)


def _refunds() -> None:
    for column in (
        sa.Column("approval_until", postgresql.TIMESTAMP(timezone=True)),
        sa.Column("approved_by", sa.Text()),
        sa.Column("reverses_transfer", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("reversed_minor", sa.BigInteger()),
        sa.Column("request", sa.LargeBinary()),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True)),
    ):
        op.add_column("refunds", column)
    op.alter_column("refunds", "reverses_transfer", server_default=None)
    op.drop_constraint(op.f("refunds_status_check"), "refunds")
    op.create_check_constraint(op.f("refunds_status_check"), "refunds", _REFUND_STATUS)
    op.create_check_constraint(op.f("refunds_two_people_check"), "refunds", "approved_by <> requested_by")
    op.create_index(
        "refunds_under_way", "refunds", ["transaction_id"], postgresql_where="status IN ('requested', 'pending')"
    )


def _disputes() -> None:
    def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
        return sa.Column(name, postgresql.TIMESTAMP(timezone=True), nullable=nullable)

    op.create_table(
        "disputes",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("session_id", sa.UUID(), nullable=False),
        sa.Column("transaction_id", sa.UUID(), nullable=False),
        sa.Column("stripe_dispute_id", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        moment("evidence_due_at", nullable=True),
        sa.Column("movements", sa.Integer(), nullable=False),
        sa.Column("withdrawn_minor", sa.BigInteger(), nullable=False),
        sa.Column("reinstated_minor", sa.BigInteger(), nullable=False),
        sa.Column("lost_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_currency", sa.Text(), nullable=True),
        sa.Column("bookings", sa.Integer(), nullable=False),
        moment("news_at", nullable=True),
        sa.Column("news_rank", sa.Integer(), nullable=False),
        moment("opened_at"),
        moment("closed_at", nullable=True),
        moment("created_at"),
        moment("updated_at"),
        sa.CheckConstraint("amount_minor > 0", name=op.f("disputes_amount_check")),
        sa.CheckConstraint("(fee_minor = 0) OR (fee_currency IS NOT NULL)", name=op.f("disputes_fee_check")),
        sa.CheckConstraint(_DISPUTE_STATUS, name=op.f("disputes_status_check")),
        sa.ForeignKeyConstraint(["session_id"], ["payment_sessions.id"], name=op.f("disputes_session_id_fkey")),
        sa.ForeignKeyConstraint(["transaction_id"], ["transactions.id"], name=op.f("disputes_transaction_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("disputes_pkey")),
        sa.UniqueConstraint("stripe_dispute_id", name=op.f("disputes_stripe_dispute_id_key")),
    )
    op.create_index("disputes_session", "disputes", ["session_id"])
    op.create_index("disputes_open", "disputes", ["evidence_due_at"], postgresql_where="closed_at IS NULL")


def downgrade() -> None:
    """Money tables are never taken back by a script; restore a backup instead."""
    raise RuntimeError("restore a backup instead")
