"""runs of the comparison with Stripe that somebody asked for; what the console's lists are read along."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "reconciliation_runs",
        sa.Column("id", postgresql.UUID(as_uuid=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("asked_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("found", postgresql.JSONB(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("leased_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("status IN ('asked', 'done', 'failed')", name=op.f("reconciliation_runs_status_check")),
        sa.CheckConstraint(
            "(status = 'asked') = (finished_at IS NULL)", name=op.f("reconciliation_runs_finished_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("reconciliation_runs_pkey")),
    )
    # One at a time.
    op.create_index(
        "reconciliation_runs_asked",
        "reconciliation_runs",
        ["status"],
        unique=True,
        postgresql_where=sa.text("status = 'asked'"),
    )
    op.create_index(
        "deliveries_not_sent",
        "deliveries",
        ["event_id"],
        postgresql_where=sa.text("status IN ('given_up', 'dropped')"),
    )
    op.create_index(
        "notifications_not_sent", "notifications", ["id"], postgresql_where=sa.text("status IN ('refused', 'given_up')")
    )
    op.create_index(
        "transactions_held", "transactions", ["session_id"], postgresql_where=sa.text("disposition = 'held'")
    )
    op.create_index("security_events_at", "security_events", ["at"])
    op.create_index("audit_entries_people", "audit_entries", ["at"], postgresql_where=sa.text("actor LIKE '%:%'"))
    op.create_index("risk_signals_at", "risk_signals", ["at"], postgresql_where=sa.text("points > 0"))


def downgrade() -> None:
    """Money tables are never taken back by a script; restore a backup instead."""
    raise RuntimeError("restore a backup instead")
