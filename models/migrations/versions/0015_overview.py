"""indexes for the console's overview, and for its lists by state and by amount."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index(
        'payment_sessions_completed',
        'payment_sessions',
        ['completed_at', 'created_at'],
        postgresql_where=sa.text('completed_at IS NOT NULL'),
    )
    op.create_index(
        'payment_sessions_closed',
        'payment_sessions',
        ['closed_at', 'status'],
        postgresql_where=sa.text('closed_at IS NOT NULL'),
    )
    op.create_index(
        'payment_sessions_state', 'payment_sessions', ['status', 'id'], postgresql_where=sa.text("status <> 'completed'")
    )
    op.create_index('payment_sessions_amount', 'payment_sessions', ['amount_minor'])
    op.create_index(
        'transactions_kept',
        'transactions',
        ['paid_at', 'currency', 'amount_minor'],
        postgresql_where=sa.text("disposition = 'kept'"),
    )


def downgrade() -> None:
    """Money tables are never taken back by a script; restore a backup instead."""
    raise RuntimeError("restore a backup instead")
