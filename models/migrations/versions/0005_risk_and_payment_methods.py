"""risk signals, holds, and how buyers have paid."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


# A signal is a fact: it may be pruned one day, but never changed.
NEVER_CHANGED = """
CREATE FUNCTION risk_signals_never_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'risk_signals are never changed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER risk_signals_never_changed BEFORE UPDATE ON risk_signals
  FOR EACH STATEMENT EXECUTE FUNCTION risk_signals_never_change();
"""


def upgrade() -> None:
    """Apply."""
    op.add_column('payment_sessions', sa.Column('device_id_index', sa.LargeBinary(), nullable=True))
    op.add_column('payment_sessions', sa.Column('risk_score', sa.Integer(), nullable=False, server_default='0'))
    op.alter_column('payment_sessions', 'risk_score', server_default=None)
    op.create_check_constraint(op.f('payment_sessions_risk_score_check'), 'payment_sessions', 'risk_score BETWEEN 0 AND 100')
    op.create_check_constraint(op.f('payment_sessions_held_at_check'), 'payment_sessions', '(held_at IS NULL) = (hold_reason IS NULL)')
    op.drop_index('payment_sessions_buyer', table_name='payment_sessions')
    op.create_index('payment_sessions_buyer', 'payment_sessions', ['buyer_id', 'created_at'])
    op.drop_index('payment_sessions_buyer_email', table_name='payment_sessions')
    op.create_index('payment_sessions_buyer_email', 'payment_sessions', ['buyer_email_index', 'created_at'])
    op.create_index('payment_sessions_device', 'payment_sessions', ['device_id_index', 'created_at'], postgresql_where='device_id_index IS NOT NULL')
    op.create_index('payment_sessions_held', 'payment_sessions', ['held_at'], postgresql_where='held_at IS NOT NULL')
    op.create_table('risk_signals',
    sa.Column('session_id', sa.UUID(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('points', sa.Integer(), nullable=False),
    sa.Column('detail', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('stripe_payment_intent_id', sa.Text(), nullable=True),
    sa.Column('at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('points BETWEEN 0 AND 100', name=op.f('risk_signals_points_check')),
    sa.ForeignKeyConstraint(['session_id'], ['payment_sessions.id'], name=op.f('risk_signals_session_id_fkey')),
    sa.PrimaryKeyConstraint('session_id', 'kind', 'source', name=op.f('risk_signals_pkey'))
    )
    op.create_table('payment_methods',
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('buyer_id', sa.Text(), nullable=False),
    sa.Column('type', sa.Text(), nullable=False),
    sa.Column('brand', sa.Text(), nullable=True),
    sa.Column('last4', sa.Text(), nullable=True),
    sa.Column('exp_month', sa.Integer(), nullable=True),
    sa.Column('exp_year', sa.Integer(), nullable=True),
    sa.Column('stripe_payment_method_id', sa.Text(), nullable=True),
    sa.Column('first_used_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('last_used_at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.CheckConstraint('length(last4) <= 4', name=op.f('payment_methods_last4_check')),
    sa.PrimaryKeyConstraint('id', name=op.f('payment_methods_pkey')),
    sa.UniqueConstraint('buyer_id', 'type', 'brand', 'last4', 'exp_month', 'exp_year', name='payment_methods_same', postgresql_nulls_not_distinct=True)
    )
    op.create_index('payment_methods_buyer', 'payment_methods', ['buyer_id', 'last_used_at'])
    op.execute(NEVER_CHANGED)


def downgrade() -> None:
    """Money tables are never taken back by a script; restore a backup instead."""
    raise RuntimeError("restore a backup instead")
