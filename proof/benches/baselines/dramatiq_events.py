"""Events in Dramatiq's usual way: a message for each, and one transaction of two statements for each message.

It does far less than a completion: no ledger, no audit, no outbox, no encryption. `python -m
proof.benches.baselines.dramatiq_events`, with `DATABASE_URL` and `REDIS_URL`; one process, eight threads.
"""

import os
import signal
import time
from typing import Any, Final

import dramatiq
import psycopg
from dramatiq.brokers.redis import RedisBroker
from psycopg_pool import ConnectionPool

QUEUE: Final = "baseline"
_TABLES: Final = (
    """CREATE TABLE baseline_events (
         id text PRIMARY KEY, session_id bigint NOT NULL, received_at timestamptz NOT NULL DEFAULT now())""",
    "CREATE TABLE baseline_sessions (id bigint PRIMARY KEY, status text NOT NULL)",
)
_THREADS: Final = 8


def prepare(database: str, sessions: int) -> None:
    """Make its tables, with so many open sessions, numbered from 0."""
    with psycopg.connect(database) as connection:
        for statement in _TABLES:
            connection.execute(statement)
        connection.execute(
            "INSERT INTO baseline_sessions SELECT n, 'open' FROM generate_series(0, %s - 1) n", (sessions,)
        )


def message(number: int) -> dict[str, Any]:
    """A message as Dramatiq's own client makes it."""
    return {
        "queue_name": QUEUE,
        "actor_name": "complete",
        "args": [f"evt_{number}", number],
        "kwargs": {},
        "options": {"redis_message_id": f"m-{number}"},
        "message_id": f"m-{number}",
        "message_timestamp": time.time_ns() // 1_000_000,
    }


def main() -> None:
    """Work until told to stop."""
    pool = ConnectionPool(os.environ["DATABASE_URL"], min_size=_THREADS, max_size=_THREADS, open=True)
    broker = RedisBroker(url=os.environ["REDIS_URL"])  # type: ignore[no-untyped-call]
    dramatiq.set_broker(broker)

    def complete(event_id: str, session_id: int) -> None:
        with pool.connection() as connection:
            connection.execute(
                "INSERT INTO baseline_events (id, session_id) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                (event_id, session_id),
            )
            connection.execute("UPDATE baseline_sessions SET status = 'completed' WHERE id = %s", (session_id,))

    dramatiq.actor(broker=broker, queue_name=QUEUE)(complete)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    worker = dramatiq.Worker(broker, worker_threads=_THREADS)
    worker.start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    worker.stop()
    pool.close()


if __name__ == "__main__":
    main()
