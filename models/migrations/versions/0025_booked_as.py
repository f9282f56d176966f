"""What Stripe has booked a bank debit as, while the money is under way."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("checkout_attempts", sa.Column("booked_as", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("checkout_attempts", "booked_as")
