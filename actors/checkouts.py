"""Checkouts at Stripe."""

from actors.actor import actor
from actors.app import App
from domain.bells import OPEN_CHECKOUTS


@actor(OPEN_CHECKOUTS, queue="checkouts", share=0.5)
def open_checkouts(app: App) -> int:
    """Open the checkouts that are due: new ones, retries, and those whose worker died."""
    return app.open_checkouts()
