"""Which of several schedulers rings: the one that holds a lock in PostgreSQL."""

import threading
from typing import Any, Final

import psycopg
import structlog

log = structlog.get_logger()

#: The key of the advisory lock, the same in every release: "gavel".
LOCK_KEY: Final = 0x676176656C
#: Seconds between two looks. A scheduler that dies is followed within about this time.
LOOK_SECONDS: Final = 1.0
#: Seconds without an answer after which the connection, and with it the office, is given up.
SILENT_SECONDS: Final = 3


class Leader:
    """Holds the office, or tries to get it, from a thread and on a connection of its own.

    The lock ends with the connection: a leader that is killed, cut off or stands still loses it. For the moment before
    it notices there may be two, which does no harm: who is rung for twice finds nothing to do the second time.
    """

    def __init__(self, database_url: str, seconds: float = LOOK_SECONDS) -> None:
        self._url = database_url
        self._seconds = seconds
        self._connection: psycopg.Connection[Any] | None = None
        self._is_leader = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._hold, name="leader", daemon=True)

    @property
    def is_leader(self) -> bool:
        """Whether we hold the office."""
        return self._is_leader

    def start(self) -> None:
        """Begin to try."""
        self._thread.start()

    def stop(self) -> None:
        """Give the office up."""
        self._stopping.set()
        self._thread.join(2 * SILENT_SECONDS + self._seconds)

    def _hold(self) -> None:
        while not self._stopping.is_set():
            self._look()
            self._stopping.wait(self._seconds)
        self._lose("stopping")

    def _look(self) -> None:
        try:
            if self._connection is None:
                self._connection = self._connect()
            if self._is_leader:
                self._connection.execute("SELECT 1")
            elif self._take(self._connection):
                self._is_leader = True
                log.info("scheduler.leads")
        except Exception as error:  # noqa: BLE001 - whatever it is, we do not lead and try again
            self._lose(str(error).strip())

    def _take(self, connection: psycopg.Connection[Any]) -> bool:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK_KEY,)).fetchone()
        return row is not None and row[0] is True

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            self._url,
            autocommit=True,
            application_name="gavelpay scheduler",
            connect_timeout=SILENT_SECONDS,
            keepalives_idle=SILENT_SECONDS,
            keepalives_interval=1,
            keepalives_count=2,
            tcp_user_timeout=SILENT_SECONDS * 1000,
            # The server, too, gives up who is silent: it would hold the lock of a machine that is gone for two hours,
            # and that of a process that stands still for ever.
            options=f"-c statement_timeout={SILENT_SECONDS * 1000} -c idle_session_timeout={2 * SILENT_SECONDS}s",
        )

    def _lose(self, why: str) -> None:
        if self._is_leader:
            log.warning("scheduler.leads_no_more", why=why)
        self._is_leader = False
        if self._connection is not None:
            self._connection.close()
        self._connection = None
