"""endpoints of outgoing events, their health; deliveries that are sent again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        'endpoints',
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('failures', sa.Integer(), nullable=False),
        sa.Column('failing_since', MOMENT, nullable=True),
        sa.Column('rests_until', MOMENT, nullable=True),
        sa.Column('last_error', sa.Text(), nullable=True),
        sa.Column('last_received_at', MOMENT, nullable=True),
        sa.Column('paused_at', MOMENT, nullable=True),
        sa.Column('paused_by', sa.Text(), nullable=True),
        sa.Column('pause_reason', sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint('name', name=op.f('endpoints_pkey')),
    )
    op.add_column('deliveries', sa.Column('waiting_since', MOMENT, nullable=True))
    op.execute("UPDATE deliveries SET waiting_since = created_at")
    op.alter_column('deliveries', 'waiting_since', nullable=False)
    op.add_column('deliveries', sa.Column('late', sa.Boolean(), nullable=False, server_default='false'))
    op.alter_column('deliveries', 'late', server_default=None)
    op.drop_constraint('deliveries_status_check', 'deliveries')
    op.create_check_constraint(
        op.f('deliveries_status_check'), 'deliveries', "status IN ('waiting', 'sent', 'given_up', 'dropped')"
    )
    op.drop_index('deliveries_due', 'deliveries')
    op.create_index(
        'deliveries_due', 'deliveries', ['endpoint', 'due_at'], postgresql_where=sa.text("status = 'waiting'")
    )
    op.create_index(
        'deliveries_under_way', 'deliveries', ['endpoint'], postgresql_where=sa.text('leased_until IS NOT NULL')
    )


def downgrade() -> None:
    """Money tables are never taken back by a script; restore a backup instead."""
    raise RuntimeError("restore a backup instead")
