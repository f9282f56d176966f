"""An ingest as a process of its own: `python ingest_process.py DATABASE_URL PORT [STOP_SECONDS]` prints its port."""

import sys
from datetime import UTC, datetime
from uuid import uuid4

from models.database import Database
from models.outbox import Endpoints
from models.unit_of_work import Store
from runtime.serving import CannotListen
from services.receive_events import ReadEvent, ReceiveEvents
from tests.webhook_ingest.harness import CIPHER, SECRET, Counts
from webhook_ingest.app import create_app
from webhook_ingest.bell import BackgroundBell
from webhook_ingest.limits import Limits
from webhook_ingest.server import serve


def now() -> datetime:
    return datetime.now(UTC)


def main(url: str, port: int, limits: Limits) -> None:
    database = Database(url, pool_size=1)
    with BackgroundBell(lambda bells: None) as bell:
        store = Store(database, CIPHER, Endpoints({}, uuid4), bell)
        app = create_app(
            receive=ReceiveEvents(store.begin_single),
            read=ReadEvent(now, uuid4),
            secrets=[SECRET],
            clock=now,
            metrics=Counts(),
            ready=lambda: True,
            render_metrics=lambda: b"",
            limits=limits,
        )
        serve(app, "127.0.0.1", port, limits=limits, on_listening=lambda port: print(port, flush=True))  # noqa: T201
    database.close()


if __name__ == "__main__":
    stop_seconds = int(sys.argv[3]) if len(sys.argv) > 3 else Limits().stop_seconds
    try:
        main(sys.argv[1], int(sys.argv[2]), Limits(stop_seconds=stop_seconds, commit_seconds=0.5))
    except CannotListen as error:
        sys.exit(str(error))
