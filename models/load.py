"""How much work of each bell is due and not done, and since when: for whoever decides on more workers."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from models.database import Database
from models.waiting import PLACES, Place

#: Counted so far: with more than that, how much more changes nothing for anyone who looks.
_MOST: Final = 100_000


def _question(place: Place) -> str:
    return f"""
        SELECT '{place.bell}' AS bell, count(*) AS due, extract(epoch FROM {place.late} - min(since)) AS oldest
          FROM ({place.rows(_MOST)}) late"""  # noqa: S608 - our own words


#: By the database's clock.
LOADS: Final = f"""
    SELECT bell, sum(due)::bigint, coalesce(max(oldest), 0)::float8 FROM (
      {" UNION ALL ".join(map(_question, PLACES))}
    ) waits GROUP BY bell ORDER BY bell
""".replace("%(now)s", "now()")  # noqa: S608 - our own words


_PAUSED: Final = "SELECT queue FROM queue_pauses WHERE until IS NULL OR until > now()"


@dataclass(frozen=True, slots=True)
class Load:
    """How the work of one bell stands."""

    bell: str
    #: Pieces that are due, in hand or not, counted up to `_MOST` in each place.
    due: int
    #: Seconds since the oldest of them became due; 0 if there is none.
    oldest: float


def read_pauses(database: Database) -> frozenset[str]:
    """The queues that a person has paused, and of which nothing is done.

    Raises:
        DatabaseUnavailable: the database is away.
    """
    return frozenset(row[0] for row in database.rows(_PAUSED))


def read_loads(database: Database, grace: timedelta) -> list[Load]:
    """How the work of every bell stands now.

    Raises:
        DatabaseUnavailable: the database is away.
    """
    return [Load(*row) for row in database.rows(LOADS, {"grace": grace})]
