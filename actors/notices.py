"""Notices to people."""

from actors.actor import actor
from actors.app import App
from domain.bells import SEND_NOTICES


@actor(SEND_NOTICES, queue="notices")
def send_notices(app: App) -> int:
    """Send mails, text messages and messages to topics."""
    return app.send_notices()
