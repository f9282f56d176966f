"""The queues in Redis, one method for each thing that a worker does with them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

import orjson
from redis import Redis

from domain.messages import MAX_BYTES
from gateways.queue import redis_scripts as scripts
from gateways.queue.bells import NAMESPACE
from gateways.queue.broker import Depth
from gateways.queue.received import MOST_READ

#: Milliseconds of silence after which a worker of ours is dead: it beats every second, from a thread of its own.
PATIENCE_MS: Final = 4000
#: The same for a stock Dramatiq worker, which beats when it happens to ask for something. Dramatiq's own default.
FOREIGN_PATIENCE_MS: Final = 60_000


class RedisStore:
    """Dramatiq's queues in Redis, as one worker process sees them. Safe for threads; every method raises RedisError."""

    def __init__(self, client: "Redis", namespace: str = NAMESPACE, patience_ms: int = PATIENCE_MS) -> None:
        self._patience_ms = patience_ms
        self.worker = f"gavelpay-{uuid4()}"
        self.client = client
        self.namespace = namespace
        names = ("ENQUEUE", "FETCH", "ACK", "REJECT", "GIVE_BACK", "RECLAIM", "BEAT", "LEAVE")
        # A script that the server has forgotten (restart, SCRIPT FLUSH) is loaded again by the client.
        self._scripts = {name: client.register_script(getattr(scripts, name)) for name in names}

    def enqueue(self, queue: str, message_id: str, message: bytes) -> None:
        """Put a message at the end of a queue."""
        self._call("ENQUEUE", queue, message_id, message)

    def fetch(self, queue: str, count: int) -> list[tuple[bytes, bytes]]:
        """Take up to `count` messages, each with its id; fewer where they are long, and of one no more than is read."""
        found = self._call("FETCH", self.worker, queue, count, MOST_READ)
        return list(zip(found[::2], found[1::2], strict=True))

    def ack(self, queue: str, message_ids: Sequence[bytes]) -> None:
        """Delete messages that are done."""
        self._call("ACK", self.worker, queue, *message_ids)

    def reject(self, queue: str, message_ids: Sequence[bytes]) -> None:
        """Put messages aside where Dramatiq keeps dead letters."""
        self._call("REJECT", self.worker, queue, *message_ids)

    def give_back(self, queue: str, message_ids: Sequence[bytes]) -> None:
        """Put messages back to the head of their queue."""
        if message_ids:
            self._call("GIVE_BACK", self.worker, queue, *message_ids)

    def reclaim(self, queue: str, held: Iterable[bytes]) -> int:
        """Give back what the server counts as ours beyond what we hold."""
        return int(self._call("RECLAIM", self.worker, queue, *held))

    def beat(self, queues: Sequence[str]) -> int:
        """Say that we live, and give back what dead workers held.

        Returns:
            How many messages went back to their queues.
        """
        return int(self._call("BEAT", self.worker, self._patience_ms, FOREIGN_PATIENCE_MS, *queues))

    def leave(self) -> int:
        """Give back all that we hold, and be heard of no more."""
        return int(self._call("LEAVE", self.worker))

    def wait(self, queue: str, seconds: float) -> bool:
        """Wait until something is in a queue, or for so long, and leave it there.

        The move from the list's head to its head changes nothing, but it is one that Redis can be made to wait for: an
        idle worker costs next to nothing, and a message finds one within a millisecond.
        """
        name = f"{self.namespace}:{queue}"
        return self.client.blmove(name, name, seconds, "LEFT", "LEFT") is not None  # type: ignore[arg-type]

    def depths(self, queues: Sequence[str]) -> Mapping[str, Depth]:
        """How each queue stands."""
        depths: dict[str, Depth] = {}
        for queue in queues:
            name = f"{self.namespace}:{queue}"
            head: Any = self.client.lindex(name, 0)
            is_read = head and self.client.hstrlen(f"{name}.msgs", head) <= MAX_BYTES
            oldest: Any = self.client.hget(f"{name}.msgs", head) if is_read else None
            depths[queue] = Depth(int(self.client.llen(name)), _made_at(oldest))
        return depths

    def _call(self, name: str, *args: Any) -> Any:
        return self._scripts[name](keys=[self.namespace], args=args)


def _made_at(message: bytes | None) -> int:
    try:
        made = orjson.loads(message or b"{}")["message_timestamp"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return 0
    return made if isinstance(made, int) else 0
