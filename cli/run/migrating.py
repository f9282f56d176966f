"""Brings the database to the current schema before anything else is started."""

import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cli.run.errors import CannotRun
from cli.run.stopping import LOOK, Stopping
from sandbox.supervisor import groups, spawn
from sandbox.supervisor.errors import log_tail

#: A large table takes its time; nothing else runs meanwhile.
SECONDS: Final = 300
STOP_SECONDS: Final = 5.0


def migrate(env: Mapping[str, str], log: Path, stopping: Stopping) -> None:
    """Run `gavelpay migrate`, and wait for its end.

    Raises:
        CannotRun: it failed.
        StopAsked: somebody asked to stop meanwhile.
    """
    process = spawn([sys.executable, "-m", "cli", "migrate"], env=env, log=log, death_signal=signal.SIGTERM)
    try:
        ended = stopping.until(lambda: process.poll() is not None, int(SECONDS / LOOK))
    finally:
        groups.end(process, signal.SIGTERM, STOP_SECONDS)
    if not ended or process.returncode:
        raise CannotRun(f"The database could not be brought to the current schema.{log_tail(log)}")
