"""Next attempts: after declines, and in place of Stripe objects that end too early."""

from actors.actor import actor
from actors.app import App
from domain.bells import OPEN_RETRIES


@actor(OPEN_RETRIES, queue="retries")
def open_retries(app: App) -> int:
    """Take the payments whose next attempt is due one step towards it."""
    return app.open_retries()
