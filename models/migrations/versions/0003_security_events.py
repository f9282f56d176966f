"""security events."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


# Refuses every way to change or remove a row, also for the table's owner.
APPEND_ONLY = """
CREATE FUNCTION is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER security_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON security_events
  FOR EACH STATEMENT EXECUTE FUNCTION is_append_only();
"""


def upgrade() -> None:
    """Apply."""
    op.create_table('security_events',
    sa.Column('id', sa.UUID(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('at', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('session_id', sa.UUID(), nullable=True),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('audit_seq', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('security_events_pkey')),
    sa.UniqueConstraint('audit_seq', name=op.f('security_events_audit_seq_key'))
    )
    op.create_index('security_events_kind', 'security_events', ['kind', 'at'], unique=False)
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    """What was audited is never taken back by a script; restore a backup instead."""
    raise RuntimeError("restore a backup instead")
