"""Refunds that failed are owed until a person says that they are settled; and are found by an index."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("refunds", sa.Column("settled_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.create_index(
        "refunds_failed",
        "refunds",
        ["transaction_id"],
        postgresql_where=sa.text("status IN ('failed', 'canceled')"),
    )


def downgrade() -> None:
    op.drop_index("refunds_failed", "refunds")
    op.drop_column("refunds", "settled_at")
