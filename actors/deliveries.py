"""Outgoing events. Each endpoint has an actor of its own, so that none takes the threads of another."""

from typing import Final

from actors.actor import Actor
from actors.app import App
from domain.bells import queue_of
from domain.endpoint import BELL_OF


def _deliver_to(endpoint: str, bell: str) -> Actor:
    def deliver(app: App) -> int:
        return app.deliver_events(endpoint=endpoint)

    return Actor(bell, queue_of(bell), deliver)


#: Tell the services downstream what happened, in order.
DELIVERING: Final = tuple(_deliver_to(endpoint, bell) for endpoint, bell in BELL_OF.items())
