"""Webhooks as barely as can be: raw ASGI, an HMAC by hand, group commit, one pipelined enqueue for each commit.

It checks no age of signatures, bounds nothing, encrypts nothing, counts nothing, and loses the bells of a commit after
which Redis is away. `python -m proof.benches.baselines.bare_ingest --port 8001`.
"""

import asyncio
import hmac
import os
import sys
import threading
import time
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple
from uuid import uuid4

import orjson
import psycopg
import uvicorn
from redis import Redis

TABLE = """
CREATE TABLE IF NOT EXISTS bare_events (
    id text PRIMARY KEY, type text NOT NULL, body bytea NOT NULL, received_at timestamptz NOT NULL DEFAULT now()
)
"""
INSERT = """
INSERT INTO bare_events (id, type, body) SELECT * FROM unnest(%b::text[], %b::text[], %b::bytea[])
ON CONFLICT DO NOTHING RETURNING id
"""
_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"18")],
}
_BODY = {"type": "http.response.body", "body": b'{"received": true}'}
_BATCH = 500


class _Event(NamedTuple):
    id: str
    type: str
    body: bytes
    stored: "asyncio.Future[None]"


class BareIngest:
    """The application."""

    def __init__(self, secret: bytes, connection: "psycopg.Connection[Any]", redis: "Redis") -> None:
        self._secret, self._connection, self._redis = secret, connection, redis
        self._queue: SimpleQueue[_Event] = SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one webhook."""
        loop = self._loop or self._begin()
        body, more = b"", True
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]
        signature = next(value for name, value in scope["headers"] if name == b"stripe-signature")
        moment, _, signed = signature.partition(b",v1=")
        expected = hmac.digest(self._secret, moment[2:] + b"." + body, "sha256").hex()
        if not hmac.compare_digest(expected.encode(), signed):
            raise ValueError("not signed")
        event = orjson.loads(body)
        stored = loop.create_future()
        self._queue.put(_Event(event["id"], event["type"], body, stored))
        await stored
        await send(_START)
        await send(_BODY)

    def _begin(self) -> asyncio.AbstractEventLoop:
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._commit, daemon=True).start()
        return self._loop

    def _commit(self) -> None:
        while True:
            batch = [self._queue.get()]
            while len(batch) < _BATCH:
                try:
                    batch.append(self._queue.get_nowait())
                except Empty:
                    break
            columns = [one.id for one in batch], [one.type for one in batch], [one.body for one in batch]
            with self._connection.transaction():
                new = self._connection.execute(INSERT, columns, prepare=True).fetchall()
            self._enqueue([row[0] for row in new])
            self._loop.call_soon_threadsafe(_answer, batch)  # type: ignore[union-attr]

    def _enqueue(self, ids: Sequence[str]) -> None:
        """Write what Dramatiq's script writes for each message, all in one round trip."""
        if not ids:
            return
        messages = {}
        for event_id in ids:
            key = str(uuid4())
            messages[key] = orjson.dumps(
                {
                    "queue_name": "webhooks",
                    "actor_name": "process",
                    "args": [event_id],
                    "kwargs": {},
                    "options": {"redis_message_id": key},
                    "message_id": key,
                    "message_timestamp": time.time_ns() // 1_000_000,
                }
            )
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.hset("dramatiq:webhooks.msgs", mapping=messages)  # type: ignore[arg-type]
        pipeline.rpush("dramatiq:webhooks", *messages)
        pipeline.execute()


def _answer(batch: Sequence[_Event]) -> None:
    for one in batch:
        one.stored.set_result(None)


def main(port: int) -> None:
    """Serve until it is told to stop."""
    connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    connection.execute(TABLE)
    app = BareIngest(os.environ["STRIPE_WEBHOOK_SECRET"].encode(), connection, Redis.from_url(os.environ["REDIS_URL"]))
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        access_log=False,
        log_level="warning",
        loop="uvloop",
        http="httptools",
        lifespan="off",
        ws="none",
    )


if __name__ == "__main__":
    main(int(sys.argv[sys.argv.index("--port") + 1]))
