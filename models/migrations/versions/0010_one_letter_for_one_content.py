"""one dead letter for one content."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Letters that are there already have no index: each stays one of its own."""
    op.add_column('dead_letters', sa.Column('content_index', sa.LargeBinary(), nullable=True))
    op.add_column('dead_letters', sa.Column('copies', sa.Integer(), nullable=False, server_default='1'))
    op.add_column('dead_letters', sa.Column('last_at', postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.create_index(
        'dead_letters_content',
        'dead_letters',
        ['content_index'],
        unique=True,
        postgresql_where=sa.text("status = 'dead'"),
    )


def downgrade() -> None:
    """Money tables are never taken back by a script; restore a backup instead."""
    raise RuntimeError("restore a backup instead")
