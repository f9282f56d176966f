"""A comparison with Stripe that somebody asked for: waits for a worker, and keeps what it found."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

#: How long what was found is kept: a quarter and some days, for whoever closes its books.
KEPT: Final = timedelta(days=100)
#: Farther back Stripe is not asked: its list of events ends after thirty days.
LONGEST_SPAN: Final = timedelta(days=30)
#: So often Stripe may fail to answer before a run is called failed.
TRIES: Final = 5


class RunStatus(StrEnum):
    """Where a run stands."""

    #: Waits for a worker, or is in the hands of one.
    ASKED = "asked"
    DONE = "done"
    #: Stripe did not answer. What was found until then is kept where it belongs.
    FAILED = "failed"


@dataclass(slots=True)
class ReconciliationRun:
    """One run. Its fields are the columns of `reconciliation_runs`."""

    id: UUID
    asked_by: str
    reason: str
    #: How far back it looks.
    since: datetime
    asked_at: datetime
    status: RunStatus = RunStatus.ASKED
    finished_at: datetime | None = None
    #: What it found, as plain values; empty until it is done.
    found: dict[str, Any] = field(default_factory=dict)
    tries: int = 0
    last_error: str | None = None
    due_at: datetime | None = None
    leased_until: datetime | None = None
    fence: int = 0
