"""an index of receipts that are stuck: they are counted whenever metrics are read."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index('receipts_stuck', 'receipts', ['id'], postgresql_where=sa.text("status = 'stuck'"))


def downgrade() -> None:
    """Money tables are never taken back by a script; restore a backup instead."""
    raise RuntimeError("restore a backup instead")
