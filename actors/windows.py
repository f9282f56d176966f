"""Payment windows."""

from actors.actor import actor
from actors.app import App
from domain.bells import EXPIRE_WINDOWS


@actor(EXPIRE_WINDOWS, queue="windows")
def expire_windows(app: App) -> int:
    """Close the payment windows that have run out."""
    return app.expire_windows()
