"""Receipts and credit notes."""

from actors.actor import actor
from actors.app import App
from domain.bells import ISSUE_RECEIPTS


@actor(ISSUE_RECEIPTS, queue="receipts")
def issue_receipts(app: App) -> int:
    """Number, print and store the documents that are due."""
    return app.issue_receipts()
