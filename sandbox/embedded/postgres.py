"""PostgreSQL 18 on loopback."""

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from sandbox.embedded import ports
from sandbox.embedded.binaries import find_postgres
from sandbox.embedded.cluster import DATABASE, ROLE, SUPERUSER, make_cluster, server_environment
from sandbox.embedded.server import EmbeddedServer
from sandbox.supervisor.child import Child

#: sockaddr_un.sun_path holds 108 bytes, the last of them zero.
LONGEST_SOCKET_PATH = 107

#: For one small machine shared with everything else that runs here.
SMALL_MACHINE: Mapping[str, str] = {
    "shared_buffers": "128MB",
    "max_connections": "200",
    "max_wal_size": "2GB",  # fewer checkpoints, each of which makes the next write of a page cost a whole page
    # Files of the log that are there stay and are used again. A new one is not filled with zeros: no commit ends while
    # 16 MB are written, 50 to 90 ms.
    "min_wal_size": "2GB",
    "wal_init_zero": "off",
    # The wheel has only pglz, which costs more processor than it saves disk: copying a database took 81 ms, not 19.
    "wal_compression": "off",
    "jit": "off",  # compiling costs more than any of our statements
    "log_checkpoints": "off",
    # The values that a statement or a violated key holds are people's; a log is no place for them.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
DURABLE: Mapping[str, str] = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
#: For databases that are thrown away with the process: a power cut may ruin them.
THROW_AWAY: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

#: After kill -9 of the postmaster its last children hold the data for a moment, and a start meanwhile fails.
ATTEMPTS = 8
#: Recovery after a crash reads the log since the last checkpoint (up to `max_wal_size`) before anyone is let in.
READY_SECONDS = 60.0
#: A fast shutdown writes what is in memory, then ends: tenths of a second, seconds on a slow disk.
STOP_SECONDS = 20.0


class PostgresServer(EmbeddedServer):
    """A PostgreSQL with its data under `data_dir/postgres`, on 127.0.0.1 and on a socket in its data directory.

    Port 0 means a free one. `durable=False` is for databases that are thrown away. `options` are server settings.
    """

    title = "PostgreSQL"
    mode = 0o711  # root's server runs as another user, who must get through to the data

    def __init__(
        self, data_dir: Path, port: int = 0, *, durable: bool = True, options: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(data_dir / "postgres", port)
        self._settings = {**SMALL_MACHINE, **(DURABLE if durable else THROW_AWAY), **(options or {})}
        self._data = self._home.directory / "data"
        self._pid_file, self._works_in = self._data / "postmaster.pid", self._data

    @property
    def url(self) -> str:
        """The database of the system, as its own role: no superuser, but it may make schemas and databases."""
        return self.url_of(DATABASE)

    @property
    def superuser_url(self) -> str:
        """The maintenance database as the superuser."""
        return self.url_of("postgres", SUPERUSER)

    def url_of(self, database: str, role: str = ROLE) -> str:
        """Return the address of a database on this server."""
        password = quote(self._home.password(), safe="")
        return f"postgresql://{role}:{password}@{ports.LOOPBACK}:{self.port}/{quote(database, safe='')}"

    def socket_url_of(self, database: str, role: str = ROLE) -> str:
        """Return the address of a database by the socket of this machine, which costs less; by TCP if there is none."""
        if not self._socket_directory():
            return self.url_of(database, role)
        password, folder = quote(self._home.password(), safe=""), quote(self._socket_directory(), safe="")
        return f"postgresql://{role}:{password}@/{quote(database, safe='')}?host={folder}&port={self.port}"

    def _child(self) -> Child:
        binaries = find_postgres()
        identity = make_cluster(self._data, binaries, self._home.password(), self._home.log)
        settings = {
            **self._settings,
            "listen_addresses": ports.LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": self._socket_directory(),
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Child(
            name="postgres",
            argv=[str(binaries.postgres), "-D", str(self._data), *flags],
            log=self._home.log,
            env=server_environment(),
            identity=identity,
            ready=self._says_ready,
            before_start=self._wait_for_predecessor,
            ready_seconds=READY_SECONDS,
            attempts=ATTEMPTS,
            stop_signal=signal.SIGINT,  # fast shutdown: SIGTERM would wait for the clients
            stop_seconds=STOP_SECONDS,
            death_signal=signal.SIGINT,
        )

    def _socket_directory(self) -> str:
        """Return where the socket goes; nowhere if the path is too long, since TCP is there anyway."""
        socket = self._data / f".s.PGSQL.{self.port}"
        return str(self._data) if len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH else ""

    def _says_ready(self, pid: int) -> bool:
        """Read postmaster.pid as pg_ctl does: its first line is the pid, its eighth the state."""
        try:
            lines = [line.strip() for line in self._pid_file.read_text().splitlines()]
        except OSError:
            return False
        return lines[:1] == [str(pid)] and lines[7:8] == ["ready"]
