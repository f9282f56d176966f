"""Next attempts: retries after declines, extensions, holds, and the confirmation that a bank asks for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    moment = postgresql.TIMESTAMP(timezone=True)
    op.add_column("checkout_attempts", sa.Column("action_required_at", moment))
    op.add_column("payment_sessions", sa.Column("extended_seconds", sa.Integer, nullable=False, server_default="0"))
    op.alter_column("payment_sessions", "extended_seconds", server_default=None)
    op.add_column("payment_sessions", sa.Column("retry_asked_at", moment))
    op.add_column("payment_sessions", sa.Column("held_at", moment))
    op.add_column("payment_sessions", sa.Column("hold_reason", sa.Text))
    op.create_index(
        "payment_sessions_next_attempt",
        "payment_sessions",
        ["next_retry_at"],
        postgresql_where=sa.text("status IN ('pending', 'failed') AND next_retry_at IS NOT NULL"),
    )


def downgrade() -> None:
    """Money tables are never taken back by a script; restore a backup instead."""
    raise RuntimeError("restore a backup instead")
