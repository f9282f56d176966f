"""notices: what people are told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)
KINDS = (
    'payment_required', 'reminder', 'payment_failed', 'payment_received', 'lot_paid', 'window_extended',
    'window_expired', 'lot_not_paid', 'refunded',
)


def one_of(column: str, *words: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"notifications_{column}_check"))


def upgrade() -> None:
    """Apply."""
    op.create_table(
        'notifications',
        sa.Column('id', sa.UUID(), nullable=False),
        sa.Column('session_id', sa.UUID(), nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('recipient', sa.Text(), nullable=False),
        sa.Column('channel', sa.Text(), nullable=False),
        sa.Column('dedupe_key', sa.Text(), nullable=False),
        sa.Column('facts', postgresql.JSONB(), nullable=False),
        sa.Column('status', sa.Text(), nullable=False),
        sa.Column('tries', sa.Integer(), nullable=False),
        sa.Column('due_at', MOMENT, nullable=False),
        sa.Column('wanted_at', MOMENT, nullable=False),
        sa.Column('leased_until', MOMENT, nullable=True),
        sa.Column('fence', sa.BigInteger(), nullable=False),
        sa.Column('message_id', sa.Text(), nullable=True),
        sa.Column('last_error', sa.Text(), nullable=True),
        sa.Column('created_at', MOMENT, nullable=False),
        sa.Column('finished_at', MOMENT, nullable=True),
        sa.CheckConstraint("(status = 'queued') = (finished_at IS NULL)", name=op.f('notifications_finished_check')),
        sa.CheckConstraint("status <> 'sent' OR message_id IS NOT NULL", name=op.f('notifications_sent_check')),
        one_of('kind', *KINDS),
        one_of('recipient', 'buyer', 'maker'),
        one_of('channel', 'email', 'sms', 'topic'),
        one_of('status', 'queued', 'sent', 'refused', 'given_up', 'dropped'),
        sa.ForeignKeyConstraint(
            ['session_id'], ['payment_sessions.id'], name=op.f('notifications_session_id_fkey')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('notifications_pkey')),
        sa.UniqueConstraint('dedupe_key', name=op.f('notifications_dedupe_key_key')),
    )
    op.create_index('notifications_due', 'notifications', ['due_at'], postgresql_where=sa.text("status = 'queued'"))
    op.create_index('notifications_session', 'notifications', ['session_id'])


def downgrade() -> None:
    """Money tables are never taken back by a script; restore a backup instead."""
    raise RuntimeError("restore a backup instead")
