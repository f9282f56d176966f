"""Refunds at Stripe."""

from actors.actor import actor
from actors.app import App
from domain.bells import SEND_REFUNDS


@actor(SEND_REFUNDS, queue="refunds")
def send_refunds(app: App) -> int:
    """Send the refunds that were decided."""
    return app.send_refunds()
