"""Analytics through Segment's library: in batches, from a thread of its own, and never in anybody's way.

The library makes the messages and the batches. What it would do besides is replaced: it waits for its thread at exit
for as long as Segment takes, its HTTP client has no bound for an answer, and it tries again for half a day.
"""

import atexit
import logging
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, Final

import orjson
import structlog
from segment.analytics.client import Client
from segment.analytics.consumer import Consumer

from domain.analytics import Tracked
from domain.errors import GatewayUnavailable
from gateways.events.exchange import Exchange

log = structlog.get_logger()

#: Events that wait to be sent, in this process; what comes on top is dropped. A few megabytes.
MOST_WAITING: Final = 5000
#: Segment takes 500 KB in a batch; these are 60.
BATCH: Final = 100
#: Seconds for one exchange; tries for one batch.
_SECONDS: Final = 10.0
_TRIES: Final = 4
#: Seconds that the end of the process waits for what is still to be sent.
_LAST_SECONDS: Final = 3.0
_GOOD: Final = range(200, 300)
_PASSING: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS, *range(500, 600)})

#: Hears how many events were `sent`, `lost` (Segment did not take them) or `dropped` (too many waited).
Counted = Callable[[str, int], None]


class Segment:
    """Sends events to one source.

    Args:
        write_key: the source's.
        endpoint: the base address of Segment's API.
        counted: hears what became of events.
        most: events that may wait.
        seconds: for one exchange.
        interval: seconds that a batch waits to be filled.
    """

    def __init__(
        self,
        write_key: str,
        endpoint: str,
        counted: Counted,
        *,
        most: int = MOST_WAITING,
        seconds: float = _SECONDS,
        interval: float = 0.5,
    ) -> None:
        # No thread of the library's own, and nothing of it at exit.
        self._client = Client(write_key, host=endpoint, max_queue_size=most, thread=0)
        atexit.unregister(self._client.join)
        self._client.log = _silence()
        self._counted = counted
        self._uploads = _Uploads(self._client.queue, write_key, endpoint, counted, seconds=seconds, interval=interval)
        self._uploads.start()

    def track(self, events: Sequence[Tracked]) -> None:
        """Have events sent, some time soon. It neither fails nor waits."""
        dropped = sum(not self._enqueue(event) for event in events)
        if dropped:
            self._counted("dropped", dropped)

    def _enqueue(self, event: Tracked) -> bool:
        try:
            taken, _ = self._client.track(
                anonymous_id=event.subject,
                event=event.event,
                properties=dict(event.properties),
                timestamp=event.at,
                message_id=event.message_id,
            )
        except Exception:  # whatever the library dislikes about it
            log.exception("analytics.torn", event_name=event.event)
            return False
        return bool(taken)

    def close(self, seconds: float = _LAST_SECONDS) -> None:
        """Send what waits, for so long at most."""
        self._uploads.end(seconds)


class _Uploads(Consumer):  # type: ignore[misc]  # the library has no types
    """Takes batches off the queue and posts them, each a few times."""

    def __init__(
        self, queue: Any, write_key: str, endpoint: str, counted: Counted, *, seconds: float, interval: float
    ) -> None:
        super().__init__(
            queue, write_key, host=endpoint, upload_size=BATCH, upload_interval=interval, on_error=self._lost
        )
        self.name = "segment"
        self.log = _silence()
        self._counted = counted
        self._exchange = Exchange(f"{endpoint.rstrip('/')}/v1/batch", seconds=seconds, connections=1)
        key = b64encode(f"{write_key}:".encode()).decode()
        self._headers = {
            "content-type": "application/json",
            "authorization": f"Basic {key}",
            "user-agent": "Gavelpay-Analytics/1",
        }

    def request(self, batch: Sequence[dict[str, Any]]) -> None:
        """Post one batch; the library calls it, and `_lost` where it raises."""
        body = orjson.dumps({"batch": batch, "sentAt": datetime.now(UTC).isoformat(), "writeKey": self.write_key})
        for tries in range(1, _TRIES + 1):
            why = self._post(body)
            if why is None:
                self._counted("sent", len(batch))
                return
            if tries == _TRIES or not self._wait(2.0 ** (tries - 1)):
                raise GatewayUnavailable(why)

    def _post(self, body: bytes) -> str | None:
        """Post once; answers why it may be tried again, None: it is received."""
        try:
            answer = self._exchange.post(body, self._headers)
        except (OSError, HTTPException, ValueError) as error:
            return type(error).__name__
        if answer.status in _GOOD:
            return None
        if answer.status in _PASSING:
            return f"it answered {answer.status}"
        raise GatewayUnavailable(f"it answered {answer.status}")

    def _lost(self, error: Exception, batch: Sequence[Any]) -> None:
        log.warning("analytics.lost", events=len(batch), error=str(error))
        self._counted("lost", len(batch))

    def end(self, seconds: float) -> None:
        """Stop when everything is sent, or after so long; what is left by then is lost."""
        ends = time.monotonic() + seconds
        with self.queue.all_tasks_done:
            self.queue.all_tasks_done.wait_for(lambda: not self.queue.unfinished_tasks, seconds)
        self.pause()
        self.join(max(0.0, ends - time.monotonic()))
        self._exchange.close()
        if left := self.queue.unfinished_tasks:
            log.warning("analytics.lost", events=left, error="the process ended")
            self._counted("lost", left)


def _silence() -> logging.Logger:
    """The library logs every event it drops, with its content; we count them."""
    silent = logging.Logger("segment")  # noqa: LOG001 - on purpose outside of the tree of loggers
    silent.addHandler(logging.NullHandler())
    silent.propagate = False
    return silent
