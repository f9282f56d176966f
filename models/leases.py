"""Keeps leases alive while their work goes on."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import psycopg

from models.database import Database, DatabaseUnavailable
from models.work import RENEWAL, Work

_HeldKey = tuple[Work[Any], tuple[Any, ...]]


class Hold(Protocol):
    """Holds a claimed row while the block runs."""

    def __call__(self, work: Work[Any], record: Any, /) -> AbstractContextManager[None]:
        """Keep the lease of this record, as claimed."""


class LeaseRenewer:
    """Renews the leases of all rows that this process has in hand, several times in their length, from one thread.

    When the process dies, nobody renews, and others take the work over within one lease.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: set[_HeldKey] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def hold(self, work: Work[Any], record: Any) -> Iterator[None]:
        """Keep the lease of this record, as claimed."""
        key = (work, (*(getattr(record, name) for name in work.table.identity), record.fence))
        with self._lock:
            self._held.add(key)
            if self._thread is None:
                self._thread = threading.Thread(target=self._renew, name="leases", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(key)

    def held(self) -> int:
        """How many leases this process holds."""
        with self._lock:
            return len(self._held)

    def stop(self) -> None:
        """Renew no more."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _renew(self) -> None:
        while not self._stopped.wait(RENEWAL.total_seconds()):
            with self._lock:
                held = list(self._held)
            for work in {work for work, _ in held}:
                self._renew_kind(work, [identity for other, identity in held if other is work])

    def _renew_kind(self, work: Work[Any], identities: list[tuple[Any, ...]]) -> None:
        try:
            with self._database.transaction() as connection:
                work.renew(connection, identities)
        except (DatabaseUnavailable, psycopg.Error):
            return  # The leases may run out now; fencing keeps us from writing after somebody else.


@contextmanager
def unrenewed(_work: Work[Any], _record: Any) -> Iterator[None]:
    """Hold nothing: for one-shot commands whose calls are shorter than a lease, and for simulation."""
    yield
