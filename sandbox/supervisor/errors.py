"""What can go wrong with a child. Every message is a sentence for the person at the terminal."""

from pathlib import Path

#: Enough to see the reason a server gives, little enough for a terminal.
TAIL_LINES = 12
TAIL_BYTES = 8192


class SupervisorError(Exception):
    """A child could not be run as asked."""


class ChildGaveUp(SupervisorError):
    """A child died again and again without ever becoming ready; it is not started any more."""


class NotReadyInTime(SupervisorError):
    """A child is running or being restarted, but was not ready within the time allowed."""


def log_tail(log: Path) -> str:
    """Return the last lines of a log, indented, with their heading; empty where there is no log."""
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()[-TAIL_LINES:]
    except OSError:
        return ""
    return "".join([f"\nThe end of {log}:", *(f"\n  {line}" for line in lines)]) if lines else ""
