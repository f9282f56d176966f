"""Ends processes together with the children they made."""

import os
import signal
import subprocess
import time
from contextlib import suppress

#: How often a process is looked at while waiting for its end.
POLL_SECONDS = 0.02


def signal_group(pgid: int, signum: int) -> bool:
    """Send a signal to a process group; return whether anybody was there to get it."""
    try:
        os.killpg(pgid, signum)
    except (ProcessLookupError, PermissionError):  # macOS answers EPERM where only a zombie is left
        return False
    return True


def exited_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for a process's end; return whether it came in time."""
    deadline = time.monotonic() + seconds
    while process.poll() is None:
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def end(process: subprocess.Popen[bytes], signum: int, seconds: float) -> None:
    """Ask a process to stop, and after `seconds` insist; whatever else its group holds is killed."""
    with suppress(ProcessLookupError):
        process.send_signal(signum)
    if not exited_within(process, seconds):
        signal_group(process.pid, signal.SIGKILL)
        process.wait()
    sweep(process)


def sweep(process: subprocess.Popen[bytes]) -> None:
    """Kill what a dead process left of its group, such as the worker processes of a killed master."""
    signal_group(process.pid, signal.SIGKILL)
