"""Outgoing events."""

from actors.actor import actor
from actors.app import App
from domain.bells import DELIVER_EVENTS


@actor(DELIVER_EVENTS, queue="deliveries")
def deliver_events(app: App) -> int:
    """Tell the services downstream what happened, in order."""
    return app.deliver_events()
