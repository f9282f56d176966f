"""How the system is run: queues that a person has paused, and processes that show that they live."""

from typing import Final

from sqlalchemy import Table

from models.tables.schema import METADATA, json, key, moment, text

QUEUE_PAUSES: Final = Table(
    "queue_pauses",
    METADATA,
    text("queue", frozen=True, primary_key=True),
    moment("paused_at"),
    text("paused_by"),
    text("reason"),
    moment("until", null=True),
)

#: No index but the key: a row is written every two seconds, in place.
PROCESSES: Final = Table(
    "processes",
    METADATA,
    key(primary_key=True),
    text("role", frozen=True),
    text("name", frozen=True),
    moment("started_at", frozen=True),
    moment("heard_at"),
    json("report"),
)
