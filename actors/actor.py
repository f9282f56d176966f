"""How actors are declared. A declaration is a value; `workers/` and the simulator bind it to a broker."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from actors.app import App

#: Part of a process's threads that one bell may occupy, so that no kind of work shuts the others out.
DEFAULT_SHARE: Final = 0.25


@dataclass(frozen=True, slots=True)
class Actor:
    """What is done when a bell rings: one bounded batch of what is due. Answers how many pieces it did."""

    name: str
    queue: str
    work: Callable[[App], int]
    share: float = DEFAULT_SHARE
    #: Threads of a process beyond which they would only be in one another's way.
    most: int | None = None

    def limit(self, threads: int, *, is_alone: bool) -> int:
        """How many of a process's threads may do it at once: all that may where it has the process for itself."""
        limit = threads if is_alone else max(1, int(threads * self.share))
        return limit if self.most is None else min(limit, self.most)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message that carries something, as it came."""

    queue: str
    actor: str
    raw: bytes
    kwargs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Intake:
    """What is done with messages that carry something, many at once."""

    name: str
    queue: str
    take: Callable[[App, Sequence[Incoming]], None]


def actor(
    name: str, *, queue: str, share: float = DEFAULT_SHARE, most: int | None = None
) -> Callable[[Callable[[App], int]], Actor]:
    """Declare what is done when a bell rings."""
    return lambda work: Actor(name, queue, work, share, most)


def intake(name: str, *, queue: str) -> Callable[[Callable[[App, Sequence[Incoming]], None]], Intake]:
    """Declare what is done with messages that carry something."""
    return lambda take: Intake(name, queue, take)
