"""Processes that show that they live, so that operators see who works and on what."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

#: Seconds between two signs of life. A pause is honored as soon as that.
BEAT_SECONDS: Final = 2.0
#: A process that was not heard of for so long is gone.
GONE: Final = timedelta(seconds=10)
#: So long is it remembered that one is gone.
REMEMBERED: Final = timedelta(hours=1)


@dataclass(slots=True)
class LiveProcess:
    """One run of one process. Its fields are the columns of `processes`."""

    id: UUID
    #: `worker` or `scheduler`.
    role: str
    #: Host and process number.
    name: str
    started_at: datetime
    heard_at: datetime
    #: What it tells of itself; see `workers/life.py` and `scheduler/process.py`.
    report: dict[str, Any]

    def is_gone(self, now: datetime) -> bool:
        """Whether it has been silent for too long."""
        return now - self.heard_at > GONE
