"""A worker of receipts as a process: `python receipt_worker.py DATABASE_URL FOLDER` works until it is killed.

It prints a line once it is ready.
"""

import sys
import time
from datetime import UTC, datetime

from gateways.stripe.guard import unguarded
from runtime.app import build_app
from runtime.settings import Role, load
from services.observing import Unobserved
from tests.house import BASE


def main(url: str, folder: str) -> None:
    app = build_app(
        load(BASE | {"DATABASE_URL": url, "RECEIPT_STORAGE_URL": f"file://{folder}"}, Role.WORKER),
        role="receipts",
        ring=lambda _bells: None,
        put_back=lambda _queue, _body: None,
        guard=unguarded,
        observer=Unobserved(),
        now=lambda: datetime.now(UTC),
    )
    print("ready", flush=True)  # noqa: T201
    while True:
        if not app.issue_receipts():
            time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
