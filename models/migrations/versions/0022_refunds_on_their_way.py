"""Nothing. It moved the time of refunds that were on their way, which alerts read as well.

Which of them are looked up first is told by `services.refund_payment` now, whoever sent them and whenever. Databases
that are at this revision find it still.
"""

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
