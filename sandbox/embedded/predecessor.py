"""Waits for a server that an earlier launcher left: killed itself, it could not wait for its server's end."""

import os
import time
from pathlib import Path

from sandbox.embedded.errors import EmbeddedServerError

#: A server that was told to stop writes what it has in memory: tenths of a second, seconds on a slow disk.
PATIENCE_SECONDS = 20.0
POLL_SECONDS = 0.02


def wait_for_predecessor(pid_file: Path, directory: Path, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until no process named by `pid_file` works in `directory`, and remove a file whose process is gone.

    A pid alone proves nothing: after a restart of the machine or the container it may be any other program's.

    Raises:
        EmbeddedServerError: it is still there after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while pid := _first_line(pid_file):
        if not works_in(pid, directory):
            pid_file.unlink(missing_ok=True)
            return
        if time.monotonic() >= deadline:
            raise EmbeddedServerError(
                f"An earlier server, process {pid}, still uses {directory}: stop it, or choose another data directory."
            )
        time.sleep(POLL_SECONDS)


def works_in(pid: str, directory: Path) -> bool:
    """Say whether the process runs in the directory. False for a dead one, and for one of another user."""
    try:
        os.kill(int(pid), 0)
        return Path(f"/proc/{pid}/cwd").readlink() == directory.resolve()
    except (OSError, ValueError):
        return False


def _first_line(file: Path) -> str:
    try:
        return file.read_text().partition("\n")[0].strip()
    except OSError:
        return ""
