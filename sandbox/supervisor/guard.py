"""Starts the guard (see `guard_main`), and keeps it informed."""

import subprocess
import sys
import threading
from pathlib import Path

MAIN = Path(__file__).with_name("guard_main.py")
#: After its input has ended a guard without groups exits at once.
CLOSE_SECONDS = 5.0


class Guard:
    """A process that outlives this one by as long as the process groups given to it, and sees to their end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._lines: dict[int, str] = {}

    def add(self, pgid: int, seconds: float) -> None:
        """Watch over a group: it is killed `seconds` after this process has ended, or when its leader has."""
        with self._lock:
            self._lines[pgid] = f"+ {pgid} {seconds}\n"
            self._send(self._lines[pgid])

    def remove(self, pgid: int) -> None:
        """Forget a group that has ended. Safe to call twice."""
        with self._lock:
            if self._lines.pop(pgid, None):
                self._send(f"- {pgid}\n")

    def close(self) -> None:
        """Let the guard go, when no group is left. Safe to call twice."""
        with self._lock:
            self._let_go()

    def _send(self, line: str) -> None:
        if self._process is None or self._process.poll() is not None or not self._write(self._process, line):
            self._let_go()
            self._process = self._start()
            self._write(self._process, "".join(self._lines.values()))

    def _let_go(self) -> None:
        if self._process:
            self._process.communicate(timeout=CLOSE_SECONDS)
            self._process = None

    @staticmethod
    def _write(process: subprocess.Popen[str], text: str) -> bool:
        try:
            if process.stdin:
                process.stdin.write(text)
                process.stdin.flush()
        except BrokenPipeError:
            return False
        return True

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-I", "-S", str(MAIN)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
