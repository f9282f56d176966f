"""Stripe's fees."""

from actors.actor import actor
from actors.app import App
from domain.bells import READ_FEES


@actor(READ_FEES, queue="fees")
def read_fees(app: App) -> int:
    """Read the fees that Stripe had not reported yet, in bulk."""
    return app.read_fees()
