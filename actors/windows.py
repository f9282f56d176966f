"""Payment windows."""

from actors.actor import actor
from actors.app import App
from domain.bells import EXPIRE_WINDOWS


# While PostgreSQL writes one batch, another is prepared. A third thread would wait for the interpreter, and the others
# would have to pass by what it has locked.
@actor(EXPIRE_WINDOWS, queue="windows", most=2)
def expire_windows(app: App) -> int:
    """Close the payment windows that have run out."""
    return app.expire_windows()
