"""How many keys of a refund are used up: the next one is stored before it is used, like the first."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("refunds", sa.Column("keys_used", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("refunds", "keys_used")
