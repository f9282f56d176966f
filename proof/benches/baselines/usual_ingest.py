"""Webhooks in the usual way: Stripe's `construct_event`, one INSERT, Dramatiq's `send`; Starlette under uvicorn.

`python -m proof.benches.baselines.usual_ingest --port 8001`, with the variables of an `ingest` process.
"""

import os
import sys
from typing import Any

import dramatiq
import stripe
import uvicorn
from dramatiq.brokers.redis import RedisBroker
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from proof.benches.ingest.events import PATH

TABLE = """
CREATE TABLE IF NOT EXISTS usual_events (
    id text PRIMARY KEY, type text NOT NULL, body jsonb NOT NULL, received_at timestamptz NOT NULL DEFAULT now()
)
"""


def main(port: int) -> None:
    """Serve until it is told to stop."""
    secret = os.environ["STRIPE_WEBHOOK_SECRET"]
    broker = RedisBroker(url=os.environ["REDIS_URL"])  # type: ignore[no-untyped-call]
    dramatiq.set_broker(broker)
    process = dramatiq.actor(broker=broker, queue_name="webhooks")(_process)
    pool = ConnectionPool(os.environ["DATABASE_URL"], min_size=8, max_size=8, open=True)
    with pool.connection() as connection:
        connection.execute(TABLE)

    def take(body: bytes, signature: str) -> bool:
        try:
            event: Any = stripe.Webhook.construct_event(body, signature, secret)
        except (ValueError, stripe.SignatureVerificationError):
            return False
        with pool.connection() as connection:
            stored = connection.execute(
                "INSERT INTO usual_events (id, type, body) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                (event.id, event.type, Jsonb(event.to_dict())),
            )
        if stored.rowcount:
            process.send(event.id)
        return True

    async def webhook(request: Request) -> Response:
        body, signature = await request.body(), request.headers.get("stripe-signature", "")
        taken = await run_in_threadpool(take, body, signature)
        return JSONResponse({"received": taken}, 200 if taken else 400)

    app = Starlette(routes=[Route(PATH, webhook, methods=["POST"])])
    uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, log_level="warning")


def _process(event_id: str) -> None:
    """Nobody consumes here."""


if __name__ == "__main__":
    main(int(sys.argv[sys.argv.index("--port") + 1]))
