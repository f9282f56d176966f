"""Show that a process lives and what it does, and hear which queues are paused."""

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.clock import Clock
from domain.ids import NewId
from domain.processes import LiveProcess
from models.database import Database
from models.operating import Operating


@dataclass(slots=True)
class ShowLife:
    """The signs of life of this process.

    Args:
        role: what it is, as pages call it.
    """

    database: Database
    now: Clock
    new_id: NewId
    role: str
    #: How many leases this process holds.
    leases: Callable[[], int] = lambda: 0
    _process: LiveProcess | None = field(default=None, init=False)

    def __call__(self, report: Mapping[str, Any]) -> frozenset[str]:
        """Show that we live.

        Args:
            report: what we do; small.

        Returns:
            The queues that are paused.

        Raises:
            DatabaseUnavailable: nobody has heard us, and nothing is known of pauses.
        """
        now = self.now()
        with self.database.transaction() as connection:
            operating = Operating(connection)
            if self._process is None:
                operating.forget(now)
            process = self._known(now)
            process.heard_at, process.report = now, {**report, "leases": self.leases()}
            return operating.beat(process)

    def leave(self) -> None:
        """We end as we should."""
        if self._process is not None:
            with self.database.transaction() as connection:
                Operating(connection).leave(self._process.id)

    def _known(self, now: datetime) -> LiveProcess:
        if self._process is None:
            self._process = LiveProcess(self.new_id(), self.role, f"{socket.gethostname()}:{os.getpid()}", now, now, {})
        return self._process
