"""What a supervisor tells about its children."""

from dataclasses import dataclass
from enum import StrEnum


class EventKind(StrEnum):
    """One step in the life of a child."""

    STARTED = "started"  #: It runs under a new pid; not yet ready.
    READY = "ready"  #: Its readiness check passed for the first time since it started.
    DIED = "died"  #: It ended without being asked to. It is started again, unless `GAVE_UP` follows.
    GAVE_UP = "gave_up"  #: It died too often without ever becoming ready; a person must look.
    STOPPED = "stopped"  #: It was asked to stop, and has.


@dataclass(frozen=True, slots=True)
class Event:
    """One step in the life of the child `name`; `pid` is the process concerned, `detail` a sentence or empty."""

    name: str
    kind: EventKind
    pid: int | None = None
    detail: str = ""
