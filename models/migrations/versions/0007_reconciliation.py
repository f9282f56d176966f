"""reconciliation with Stripe: cursors, look-ups, differences."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)

# What is open already is looked up when Stripe's own end has passed; the rules plan all else at the next change.
PLAN = """
UPDATE checkout_attempts SET look_up_at = expires_at + interval '10 minutes'
 WHERE status = 'open' AND due_at IS NULL AND expires_at IS NOT NULL AND stripe_checkout_id IS NOT NULL
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        'cursors',
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('value', postgresql.JSONB(), nullable=False),
        sa.Column('updated_at', MOMENT, nullable=False),
        sa.Column('due_at', MOMENT, nullable=True),
        sa.Column('tries', sa.Integer(), nullable=False),
        sa.Column('leased_until', MOMENT, nullable=True),
        sa.Column('fence', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('name', name=op.f('cursors_pkey')),
    )
    op.create_table(
        'money_differences',
        sa.Column('id', sa.Text(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('currency', sa.Text(), nullable=False),
        sa.Column('amount_minor', sa.BigInteger(), nullable=False),
        sa.Column('session_id', sa.UUID(), nullable=True),
        sa.Column('source_id', sa.Text(), nullable=True),
        sa.Column('payment_intent_id', sa.Text(), nullable=True),
        sa.Column('moved_at', MOMENT, nullable=True),
        sa.Column('found_at', MOMENT, nullable=False),
        sa.Column('explained_at', MOMENT, nullable=True),
        sa.CheckConstraint('amount_minor >= 0', name=op.f('money_differences_amount_check')),
        sa.PrimaryKeyConstraint('id', name=op.f('money_differences_pkey')),
    )
    op.create_index(
        'money_differences_open', 'money_differences', ['found_at'], postgresql_where=sa.text('explained_at IS NULL')
    )
    for table in ('checkout_attempts', 'refunds'):
        op.add_column(table, sa.Column('look_up_at', MOMENT, nullable=True))
        op.add_column(table, sa.Column('look_up_after', MOMENT, nullable=True))
        op.add_column(table, sa.Column('look_ups', sa.Integer(), nullable=False, server_default='0'))
        op.create_index(
            f'{table}_look_up', table, ['look_up_at'], postgresql_where=sa.text('look_up_at IS NOT NULL')
        )
    op.add_column('refunds', sa.Column('stripe_balance_transaction_id', sa.Text(), nullable=True))
    op.create_index(
        'refunds_not_booked',
        'refunds',
        ['updated_at'],
        postgresql_where=sa.text("status = 'succeeded' AND stripe_balance_transaction_id IS NULL"),
    )
    op.create_index(
        'checkout_attempts_intents', 'checkout_attempts', ['id'], postgresql_where=sa.text("kind = 'payment_intent'")
    )
    op.execute(PLAN)


def downgrade() -> None:
    """Money tables are never taken back by a script; restore a backup instead."""
    raise RuntimeError("restore a backup instead")
