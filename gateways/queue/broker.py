"""What a worker process asks of its broker beyond what Dramatiq does."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from dramatiq import Broker


@dataclass(frozen=True, slots=True)
class Depth:
    """How a queue stands: messages that wait, and when the oldest of them was made (Unix milliseconds, 0: unknown)."""

    waiting: int
    oldest_ms: int = 0


class WorkBroker(Broker, ABC):
    """A Dramatiq broker for a worker process."""

    @abstractmethod
    def start_upkeep(self, queues: Iterable[str]) -> None:
        """Do from now on whatever keeps the process and these queues going."""

    @abstractmethod
    def stop_fetching(self) -> None:
        """Take no more messages; those at hand are finished or given back."""

    @abstractmethod
    def hold_back(self, is_paused: Callable[[str], bool]) -> None:
        """From now on leave the messages of a queue where they are while this is true of it."""

    @abstractmethod
    def ring_here(self, bell: str) -> None:
        """Ring a bell within this process, whether or not the broker's server is there."""

    @abstractmethod
    def depths(self) -> Mapping[str, Depth]:
        """How the queues stand; empty while the server is away."""
