"""What keeps the house in order."""

from actors.actor import actor
from actors.app import App
from domain.bells import PRUNE_OLD


@actor(PRUNE_OLD, queue="upkeep")
def prune_old(app: App) -> int:
    """Let go of what is old and over, and make room for the months to come."""
    return app.prune()
