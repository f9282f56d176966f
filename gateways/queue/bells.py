"""Bells on the wire: messages without arguments that say there is work in the database.

A bell is an ordinary Dramatiq message. Its queue is the first word of its name: `checkouts.open` rings on `checkouts`.
"""

import time
from collections.abc import Mapping
from typing import Final
from uuid import uuid4

import orjson

from domain.endpoint import BELL_OF
from domain.queues import INTAKE

#: The one queue whose messages are not bells: they are in the broker before they are rows.
INTAKE_QUEUE: Final = INTAKE
#: Dramatiq's default, which producers outside rely on.
NAMESPACE: Final = "dramatiq"
#: More bells than this wake nobody who is not awake already: each goes on until there is nothing left to do.
MOST_BELLS: Final = 16
#: How many pieces one turn of a use case takes, where it is more than one: so many pieces are worth one bell.
PIECES_PER_BELL: Final[Mapping[str, int]] = {
    "events.process": 100,
    "windows.expire": 200,
    "notices.send": 8,
    **dict.fromkeys(BELL_OF.values(), 64),
}


def queue_of(bell: str) -> str:
    """The queue on which a bell rings."""
    return bell.partition(".")[0]


def bells_for(bell: str, pieces: int) -> int:
    """How many bells so many pieces of work are worth."""
    return min(MOST_BELLS, -(-pieces // PIECES_PER_BELL.get(bell, 1)))


def bell_message(bell: str) -> tuple[str, bytes]:
    """One ring: its id in Redis, and the message as Dramatiq writes it."""
    message_id = str(uuid4())
    message = {
        "queue_name": queue_of(bell),
        "actor_name": bell,
        "args": [],
        "kwargs": {},
        "options": {"redis_message_id": message_id},
        "message_id": message_id,
        "message_timestamp": time.time_ns() // 1_000_000,
    }
    return message_id, orjson.dumps(message)
