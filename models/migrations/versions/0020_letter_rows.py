"""Which row a dead letter tells of: an event that is sent again settles its letters without reading them all."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Letters of before keep none: only who has the keys can read what they tell of.
    op.add_column("dead_letters", sa.Column("row_id", sa.UUID(), nullable=True))
    op.create_index(
        "dead_letters_row", "dead_letters", ["row_id"], postgresql_where=sa.text("status = 'dead' AND row_id IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("dead_letters_row", "dead_letters")
    op.drop_column("dead_letters", "row_id")
