"""receipts and credit notes, for what was kept and sent back before as well."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)

# A number, and what was printed and stored, stay as they are whoever may write to the table.
GUARD = """
CREATE FUNCTION receipts_keep_their_numbers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'receipts are never deleted';
  END IF;
  IF OLD.number IS NOT NULL AND (OLD.series, OLD.number_no, OLD.number, OLD.template_version)
      IS DISTINCT FROM (NEW.series, NEW.number_no, NEW.number, NEW.template_version) THEN
    RAISE EXCEPTION 'receipt % keeps its number', OLD.number;
  END IF;
  IF OLD.status = 'issued' AND (OLD.status, OLD.content_hash, OLD.storage_key)
      IS DISTINCT FROM (NEW.status, NEW.content_hash, NEW.storage_key) THEN
    RAISE EXCEPTION 'receipt % is issued', OLD.number;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER receipts_guard BEFORE UPDATE OR DELETE ON receipts
  FOR EACH ROW EXECUTE FUNCTION receipts_keep_their_numbers();
"""

# Money that was kept, or went back, before there was paper for it.
BACKFILL = """
INSERT INTO receipts (id, kind, session_id, transaction_id, refund_id, status, language, currency, amount_minor,
                      in_full, occurred_at, created_at, due_at, tries, fence)
SELECT uuidv7(), 'receipt', t.session_id, t.id, NULL, 'wanted',
       CASE WHEN lower(left(s.locale, 2)) = 'de' THEN 'de' ELSE 'en' END, t.currency, t.amount_minor,
       false, t.paid_at, now(), now(), 0, 0
  FROM transactions t JOIN payment_sessions s ON s.id = t.session_id WHERE t.disposition = 'kept' ORDER BY t.paid_at;
INSERT INTO receipts (id, kind, session_id, transaction_id, refund_id, status, language, currency, amount_minor,
                      in_full, occurred_at, created_at, due_at, tries, fence)
SELECT uuidv7(), 'credit_note', r.session_id, r.transaction_id, r.id, 'wanted',
       CASE WHEN lower(left(s.locale, 2)) = 'de' THEN 'de' ELSE 'en' END, r.currency, r.amount_minor,
       sum(r.amount_minor) OVER (PARTITION BY t.id ORDER BY r.updated_at, r.id) >= t.amount_minor,
       r.updated_at, now(), now(), 0, 0
  FROM refunds r JOIN transactions t ON t.id = r.transaction_id JOIN payment_sessions s ON s.id = r.session_id
 WHERE r.status = 'succeeded' ORDER BY r.updated_at;
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        'receipts',
        sa.Column('id', sa.UUID(), nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('session_id', sa.UUID(), nullable=False),
        sa.Column('transaction_id', sa.UUID(), nullable=False),
        sa.Column('refund_id', sa.UUID(), nullable=True),
        sa.Column('status', sa.Text(), nullable=False),
        sa.Column('series', sa.Text(), nullable=True),
        sa.Column('number_no', sa.Integer(), nullable=True),
        sa.Column('number', sa.Text(), nullable=True),
        sa.Column('language', sa.Text(), nullable=False),
        sa.Column('currency', sa.Text(), nullable=False),
        sa.Column('amount_minor', sa.BigInteger(), nullable=False),
        sa.Column('in_full', sa.Boolean(), nullable=False),
        sa.Column('occurred_at', MOMENT, nullable=False),
        sa.Column('document', sa.LargeBinary(), nullable=True),
        sa.Column('template_version', sa.Text(), nullable=True),
        sa.Column('content_hash', sa.LargeBinary(), nullable=True),
        sa.Column('size', sa.Integer(), nullable=True),
        sa.Column('storage_key', sa.Text(), nullable=True),
        sa.Column('created_at', MOMENT, nullable=False),
        sa.Column('numbered_at', MOMENT, nullable=True),
        sa.Column('issued_at', MOMENT, nullable=True),
        sa.Column('tries', sa.Integer(), nullable=False),
        sa.Column('last_error', sa.Text(), nullable=True),
        sa.Column('due_at', MOMENT, nullable=True),
        sa.Column('leased_until', MOMENT, nullable=True),
        sa.Column('fence', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['session_id'], ['payment_sessions.id'], name=op.f('receipts_session_id_fkey')),
        sa.ForeignKeyConstraint(['transaction_id'], ['transactions.id'], name=op.f('receipts_transaction_id_fkey')),
        sa.ForeignKeyConstraint(['refund_id'], ['refunds.id'], name=op.f('receipts_refund_id_fkey')),
        sa.PrimaryKeyConstraint('id', name=op.f('receipts_pkey')),
        sa.UniqueConstraint('series', 'number_no', name=op.f('receipts_series_number_no_key')),
        sa.UniqueConstraint('number', name=op.f('receipts_number_key')),
        sa.UniqueConstraint('refund_id', name=op.f('receipts_refund_id_key')),
        sa.CheckConstraint(
            "(kind = 'credit_note') = (refund_id IS NOT NULL)", name=op.f('receipts_refund_check')
        ),
        sa.CheckConstraint('amount_minor > 0', name=op.f('receipts_amount_check')),
        sa.CheckConstraint(
            'num_nulls(series, number_no, number, document, template_version, numbered_at) IN (0, 6)',
            name=op.f('receipts_whole_check'),
        ),
        sa.CheckConstraint(
            "(status IN ('wanted', 'withdrawn')) = (number IS NULL)", name=op.f('receipts_numbered_check')
        ),
        sa.CheckConstraint("(status = 'issued') = (issued_at IS NOT NULL)", name=op.f('receipts_issued_check')),
        sa.CheckConstraint(
            "num_nulls(content_hash, size, storage_key) = 0 OR status <> 'issued'", name=op.f('receipts_stored_check')
        ),
        sa.CheckConstraint("kind IN ('receipt', 'credit_note')", name=op.f('receipts_kind_check')),
        sa.CheckConstraint(
            "status IN ('wanted', 'withdrawn', 'numbered', 'issued', 'stuck')", name=op.f('receipts_status_check')
        ),
    )
    op.create_index(
        'receipts_one_per_transaction',
        'receipts',
        ['transaction_id'],
        unique=True,
        postgresql_where=sa.text("kind = 'receipt'"),
    )
    op.create_index('receipts_session', 'receipts', ['session_id'])
    op.create_index('receipts_wanted', 'receipts', ['id'], postgresql_where=sa.text("status = 'wanted'"))
    op.create_index('receipts_due', 'receipts', ['due_at'], postgresql_where=sa.text("status = 'numbered'"))
    op.create_table(
        'receipt_series',
        sa.Column('series', sa.Text(), nullable=False),
        sa.Column('last_no', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('series', name=op.f('receipt_series_pkey')),
        sa.CheckConstraint('last_no >= 0', name=op.f('receipt_series_last_no_check')),
    )
    op.execute(GUARD)
    op.execute(BACKFILL)


def downgrade() -> None:
    """Money tables are never taken back by a script; restore a backup instead."""
    raise RuntimeError("restore a backup instead")
