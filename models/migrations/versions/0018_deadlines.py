"""By when a checkout must be open: who has the least time left goes first."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("checkout_attempts", sa.Column("deadline", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.execute(
        "UPDATE checkout_attempts a SET deadline = s.window_expires_at"
        " FROM payment_sessions s WHERE s.id = a.session_id AND a.due_at IS NOT NULL"
    )
    op.create_index(
        "checkout_attempts_urgent",
        "checkout_attempts",
        ["deadline", "due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("checkout_attempts_urgent", "checkout_attempts")
    op.drop_column("checkout_attempts", "deadline")
