"""Refunds on their way may have been sent under a further key by the release before, which stored no number of it.

They are looked up before each further try, as those are whose key is old.
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE refunds SET sent_at = sent_at - interval '1 day'"
        " WHERE status = 'requested' AND keys_used = 0 AND tries > 1"
    )


def downgrade() -> None:
    pass
