"""Statuses as barely as can be: raw ASGI that answers what Redis keeps, and on a miss one row of PostgreSQL.

It asks nobody who they are. `python -m proof.benches.baselines.bare_api --port 8000`, with the variables of an `api`.
"""

import asyncio
import os
import sys
from typing import Any

import orjson
import psycopg
import uvicorn
from redis.asyncio import BlockingConnectionPool, Redis

_KEPT_MS = 2000
_ROW = """
SELECT auction_id, buyer_id, maker_id, status, amount_minor, currency, title, created_at, window_expires_at
  FROM payment_sessions WHERE id = %s
"""
_HEAD = [(b"content-type", b"application/json")]


class BareApi:
    """The application."""

    def __init__(self, database: str, redis: str) -> None:
        self._database, self._pool = database, BlockingConnectionPool.from_url(redis, max_connections=32)
        self._redis: Redis = Redis.from_pool(self._pool)
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._lock: asyncio.Lock | None = None

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        """Answer one request."""
        session_id = scope["path"].split("/")[3]
        key = f"bare:{session_id}"
        status = await self._redis.get(key)
        if status is None:
            status = await self._row(session_id)
            await self._redis.set(key, status, px=_KEPT_MS)
        headers = [*_HEAD, (b"content-length", b"%d" % len(status))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": status})

    async def _row(self, session_id: str) -> bytes:
        self._lock = self._lock or asyncio.Lock()
        async with self._lock:
            if self._connection is None:
                self._connection = await psycopg.AsyncConnection.connect(self._database, autocommit=True)
            rows = await self._connection.execute(_ROW, (session_id,), prepare=True)
            return orjson.dumps(await rows.fetchone())


def main(port: int) -> None:
    """Serve until it is told to stop."""
    app = BareApi(os.environ["DATABASE_URL"], os.environ["REDIS_URL"])
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
