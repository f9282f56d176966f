"""Whether tables that are kept by the month have their months."""

from collections.abc import Iterator
from datetime import datetime

from domain.errors import GavelpayError
from models import schema
from models.database import Database
from models.partitions import DIVIDED, missing, parts
from services.examine import Finding, ok, warn

_CHECK = "months"


def examine_months(database: Database, now: datetime) -> Iterator[Finding]:
    """Look whether what comes has its place. Of another release's tables, or none, nothing is said."""
    try:
        if not schema.is_current(database):
            return
        with database.transaction() as connection:
            lacking = {f"{one.table} {month:%Y-%m}" for one in DIVIDED for month in missing(connection, one, now)}
            listed = [part for one in DIVIDED for part in parts(connection, one)]
    except GavelpayError:
        return
    strays = sum(part.rows for part in listed if part.ends is None)
    if lacking:
        found = f"there is no place of its own for {', '.join(sorted(lacking))}"
        yield warn(_CHECK, found, "Run `gavelpay prune`; and see that a worker serves the queue upkeep.")
    elif strays:
        found = f"about {strays:,} rows are of no month that there is"
        yield warn(_CHECK, found, "They are read as all others. If they grow, look at the clocks of the machines.")
    else:
        oldest = min(part.ends for part in listed if part.ends)
        yield ok(_CHECK, f"they are ready ahead; the oldest one ends {oldest:%Y-%m-%d}")
