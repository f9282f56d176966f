"""What refused requests need in the outbox, and an index of live sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.alter_column('outbox', 'session_id', existing_type=sa.UUID(), nullable=True)
    op.add_column('outbox', sa.Column('dedupe_key', sa.Text(), nullable=True))
    op.create_index('outbox_dedupe', 'outbox', ['dedupe_key'], unique=True, postgresql_where='dedupe_key IS NOT NULL')
    op.create_index(
        'payment_sessions_live',
        'payment_sessions',
        ['id'],
        unique=False,
        postgresql_where="status IN ('pending', 'processing', 'failed')",
    )


def downgrade() -> None:
    """Money tables are never taken back by a script; restore a backup instead."""
    raise RuntimeError("restore a backup instead")
