"""The mirror of payment windows in Redis."""

from actors.actor import actor
from actors.app import App
from domain.bells import MIRROR_WINDOWS


@actor(MIRROR_WINDOWS, queue="mirror")
def mirror_windows(app: App) -> int:
    """Mend the mirror wherever it differs from PostgreSQL."""
    return app.mirror_windows()
