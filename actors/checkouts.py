"""Checkouts at Stripe."""

from typing import Final

from actors.actor import actor
from actors.app import App
from domain.bells import OPEN_CHECKOUTS

#: A thread that goes on at once records what it has done and claims what is next in one transaction.
_AT_ONCE: Final = 16


@actor(OPEN_CHECKOUTS, queue="checkouts", share=0.5)
def open_checkouts(app: App) -> int:
    """Open the checkouts that are due: new ones, retries, and those whose worker died."""
    return app.open_checkouts(most=_AT_ONCE)
