"""The database, and the copy of it that reports are read from."""

from models.database import Database
from models.replica import Replica
from runtime.settings import Settings, given


def build_databases(settings: Settings, role: str, pool_size: int) -> tuple[Database, Replica | None]:
    """Both; None: there is no copy. Nothing is connected before it is needed.

    Args:
        settings: where they are.
        role: the name by which PostgreSQL shows the connections.
        pool_size: connections to the database that are kept open.
    """
    url, copy = given(settings.database.url, "DATABASE_URL"), settings.database.replica_url
    database = Database(url.reveal(), pool_size=pool_size, application=f"gavelpay {role}")
    if copy is None:
        return database, None
    return database, Replica(copy.reveal(), database, application=f"gavelpay {role} reports")
