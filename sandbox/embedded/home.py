"""The directory of one embedded server: its lock, its password, its log."""

import fcntl
import os
import secrets
from pathlib import Path

from sandbox.embedded.errors import EmbeddedServerError
from sandbox.files import write_privately


class Home:
    """`DIR/postgres` or `DIR/redis`, held by one launcher at a time."""

    def __init__(self, directory: Path, name: str, mode: int = 0o700) -> None:
        self.directory = directory
        self._name = name
        self._mode = mode
        self._lock: int | None = None

    @property
    def log(self) -> Path:
        """What the server writes."""
        return self.directory / f"{self.directory.name}.log"

    def take(self) -> None:
        """Make the directory, and keep others out until `release`, or until this process ends in whatever way.

        Raises:
            EmbeddedServerError: it belongs to another running launcher, or cannot be written.
        """
        try:
            if not self.directory.exists():
                self.directory.mkdir(parents=True, exist_ok=True)
                self.directory.chmod(self._mode)
            lock = os.open(self.directory / "launcher.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise EmbeddedServerError(f"{self._name} cannot keep its data in {self.directory}: {error}.") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(lock, 20).decode() or "unknown"
            os.close(lock)
            raise EmbeddedServerError(
                f"{self._name} in {self.directory} is already being run by process {holder}: "
                "stop that one, or choose another data directory."
            ) from error
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        self._lock = lock

    def release(self) -> None:
        """Let others in. Safe to call twice."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def password(self) -> str:
        """Return the server's password: random, made once, kept with mode 0600."""
        file = self.directory / "password"
        if not file.exists():
            write_privately(file, secrets.token_urlsafe(24))
        return file.read_text()
