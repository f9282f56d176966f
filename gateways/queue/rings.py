"""Rings the bells of queues after a commit. It never raises: a lost bell costs a second or two."""

import time
from collections import Counter
from typing import Final

import structlog
from redis import Redis, RedisError

from gateways.queue import redis_scripts as scripts
from gateways.queue.bells import NAMESPACE, bell_message, bells_for, queue_of

log = structlog.get_logger()

#: Seconds of silence after a ring that failed, so that a broker that is away does not slow those who ring.
QUIET_SECONDS: Final = 1.0


class RedisRing:
    """Rings through Redis: all bells of a commit in one round trip, and none where enough are waiting already.

    Args:
        client: with short timeouts; a request may be waiting for us.
    """

    def __init__(self, client: "Redis", namespace: str = NAMESPACE) -> None:
        self._client = client
        self._namespace = namespace
        self._quiet_until = 0.0

    def __call__(self, bells: Counter[str]) -> None:
        """Ring each bell for so many pieces of work."""
        if time.monotonic() < self._quiet_until:
            return
        try:
            # EVAL, not EVALSHA: the server may have forgotten, and a pipeline cannot ask twice.
            pipeline = self._client.pipeline(transaction=False)
            for bell, pieces in bells.items():
                messages = [part for _ in range(bells_for(bell, pieces)) for part in bell_message(bell)]
                pipeline.eval(scripts.RING, 1, self._namespace, queue_of(bell), *messages)
            pipeline.execute()
        except RedisError as error:
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            log.warning("bells.not_rung", bells=dict(bells), error=str(error))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
