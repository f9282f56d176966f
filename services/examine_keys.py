"""Whether the keys that are given open what is stored."""

from collections.abc import Collection, Iterator
from typing import Final

from domain.errors import GavelpayError
from models import schema, sealed
from models.database import Database
from services.examine import Finding, fail, ok

_CHECK: Final = "field keys"
#: Of each table so many rows at either end: a wrong key shows in the newest, one taken away too early in the oldest.
_ROWS: Final = 200


def examine_keys(database: Database, known: Collection[str]) -> Iterator[Finding]:
    """Look under which keys a few values of each table lie. Of another release's tables, or none, nothing is said.

    Args:
        database: the house's.
        known: the ids of the keys that are given.
    """
    try:
        if not schema.is_current(database):
            return
        with database.transaction() as connection:
            missing = {
                f"{key} ({table.table.name})"
                for table in sealed.sealed_tables()
                for key in sealed.sample_keys(connection, table, _ROWS) - set(known)
            }
    except GavelpayError:
        return
    if missing:
        advice = "Put those keys back into FIELD_ENCRYPTION_KEYS; nothing is lost meanwhile. `gavelpay keys list`."
        yield fail(_CHECK, f"values lie under keys that are not given: {', '.join(sorted(missing))}", advice)
    else:
        yield ok(_CHECK, "they open what is stored")
