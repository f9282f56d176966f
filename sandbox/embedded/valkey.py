"""Valkey 9 on loopback: the Redis of one machine."""

import signal
import socket
from collections.abc import Mapping
from pathlib import Path

from sandbox.embedded import ports
from sandbox.embedded.binaries import find_valkey
from sandbox.embedded.server import EmbeddedServer
from sandbox.files import write_privately
from sandbox.supervisor.child import Child

SETTINGS: Mapping[str, str] = {
    "protected-mode": "yes",
    "databases": "64",  # one for each test worker, and some
    "maxmemory-policy": "noeviction",  # a broker that forgets messages is none
    "save": '""',  # the append-only file is the copy on disk
    "daemonize": "no",
}
DURABLE: Mapping[str, str] = {"appendonly": "yes", "appendfsync": "everysec"}
THROW_AWAY: Mapping[str, str] = {"appendonly": "no"}

READY_SECONDS = 60.0
STOP_SECONDS = 10.0
CHECK_SECONDS = 1.0


class ValkeyServer(EmbeddedServer):
    """A Valkey with its data under `data_dir/redis`, on 127.0.0.1 only.

    Port 0 means a free one. `durable=False` keeps nothing on disk. `options` are lines of its configuration file.
    """

    title = "Valkey"

    def __init__(
        self, data_dir: Path, port: int = 0, *, durable: bool = True, options: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(data_dir / "redis", port)
        self._settings = {**SETTINGS, **(DURABLE if durable else THROW_AWAY), **(options or {})}

    @property
    def url(self) -> str:
        """The first database of this server."""
        return self.url_of(0)

    def url_of(self, database: int) -> str:
        """Return the address of one of its numbered databases."""
        return f"redis://:{self._home.password()}@{ports.LOOPBACK}:{self.port}/{database}"

    def _child(self) -> Child:
        configuration = self._home.directory / "valkey.conf"
        settings = {
            **self._settings,
            "bind": ports.LOOPBACK,
            "port": str(self.port),
            "dir": f'"{self._works_in}"',
            "pidfile": f'"{self._pid_file}"',
            "requirepass": self._home.password(),  # in a file of mode 0600: an argument could be read by everyone
        }
        write_privately(configuration, "".join(f"{name} {value}\n" for name, value in settings.items()))
        return Child(
            name="redis",
            argv=[str(find_valkey()), str(configuration)],
            log=self._home.log,
            ready=self._answers,
            before_start=self._wait_for_predecessor,
            ready_seconds=READY_SECONDS,
            stop_signal=signal.SIGTERM,
            stop_seconds=STOP_SECONDS,
        )

    def _answers(self, _pid: int) -> bool:
        """Ask for a PONG, which is refused while the data are being loaded."""
        try:
            with socket.create_connection((ports.LOOPBACK, self.port), timeout=CHECK_SECONDS) as connection:
                connection.sendall(f"AUTH {self._home.password()}\r\nPING\r\nQUIT\r\n".encode())
                answer = b"".join(iter(lambda: connection.recv(1024), b""))
        except OSError:
            return False
        return b"+PONG" in answer
