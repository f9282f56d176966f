"""A worker of receipts as a process: `python receipt_worker.py DATABASE_URL FOLDER [STEPS]` works until it is killed.

It prints a line once it is ready. With STEPS it kills itself in the midst of that step, with no chance to tidy up: its
statements, commits and files are counted. So it dies at a known place on a machine of any speed.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg

from gateways.stripe.guard import unguarded
from runtime.app import build_app
from runtime.settings import Role, load
from services.observing import Unobserved
from tests.house import BASE


def main(url: str, folder: str, steps: int | None = None) -> None:
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
    if steps is not None:
        die_after(steps, folder)
    while True:
        if not app.issue_receipts():
            time.sleep(0.05)


def die_after(steps: int, folder: str) -> None:
    """End this process by `kill -9` before, or after, the statement, the commit or the file that is this step."""
    left = iter(range(2 * steps, 0, -1))

    def step() -> None:
        if next(left, 0) <= 1:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(does: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*args: Any, **named: Any) -> Any:
            step()
            done = does(*args, **named)
            step()
            return done

        return counting

    def at_files(event: str, args: tuple[Any, ...]) -> None:
        if event in {"open", "os.rename"} and str(args[0]).startswith(folder):
            step()

    psycopg.Cursor.execute = counted(psycopg.Cursor.execute)  # type: ignore[method-assign]
    psycopg.Connection.commit = counted(psycopg.Connection.commit)  # type: ignore[method-assign]
    sys.addaudithook(at_files)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
