"""Stripe's events."""

from actors.actor import actor
from actors.app import App
from domain.bells import PROCESS_EVENTS


@actor(PROCESS_EVENTS, queue="events")
def process_events(app: App) -> int:
    """Record what stored events of Stripe tell."""
    return app.process_events()
