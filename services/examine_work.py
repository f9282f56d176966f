"""Whether somebody works, and what waits for a person: what the console's overview says, for who has only a shell."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from domain.errors import GavelpayError
from domain.needs import NeedKind, of_machinery
from domain.processes import LiveProcess
from models import schema
from models.database import Database
from models.needs import waiting
from models.operating import Operating
from models.overview import Overview
from services.examine import Finding, ok, warn

_MOST_PROCESSES: Final = 200
#: Of each kind: how it is said, and what to do about it.
_ADVICE: Final[Mapping[NeedKind, tuple[str, str]]] = {
    NeedKind.STUCK: ("{} kinds of work late: {}", "`gavelpay queues list`; runbook work-too-late."),
    NeedKind.QUEUE_PAUSED: (
        "{} queues paused: {}",
        "`gavelpay queues resume QUEUE --reason …`, if nobody wants it any more.",
    ),
    NeedKind.UNEXPLAINED: (
        "money unexplained, {} currencies: {}",
        "`gavelpay reconcile`; runbook money-unexplained.",
    ),
    NeedKind.HELD: ("{} payments held", "Decide on them on the console, page Risk."),
    NeedKind.APPROVAL: ("{} refunds wait for a second person", "Decide on them on the console."),
    NeedKind.ENDPOINT_PAUSED: ("{} receivers of events paused", "`gavelpay deliveries endpoints`."),
    NeedKind.ENDPOINT_FAILING: ("{} receivers of events do not answer", "Runbook endpoint-unhealthy."),
    NeedKind.REFUND_STUCK: ("{} refunds stuck", "Runbook refunds-stuck."),
    NeedKind.RECEIPT_STUCK: ("{} receipts stuck", "`gavelpay receipts list --status stuck`; runbook receipts-stuck."),
    NeedKind.SET_ASIDE: (
        "{} webhooks set aside",
        "`gavelpay events list --status set_aside` says why; then `gavelpay events replay`, or `dismiss`.",
    ),
    NeedKind.DEAD_LETTERS: (
        "{} dead letters",
        "`gavelpay dead-letters list`; correct and put back, or discard. Runbook dead-letters.",
    ),
    NeedKind.DISPUTE: ("{} disputes want evidence", "Answer them at Stripe; runbook disputes-await-evidence."),
}


def examine_work(database: Database, now: datetime, grace: timedelta) -> Iterator[Finding]:
    """Look who lives, and what waits. Of a database that is away, or of another release, nothing is said.

    Args:
        database: the house's.
        now: the time.
        grace: how long after its end a window is closed.
    """
    try:
        if not schema.is_current(database):
            return
        with database.transaction() as connection:
            operating, overview = Operating(connection), Overview(connection)
            processes = [one for one in operating.processes(_MOST_PROCESSES) if not one.is_gone(now)]
            pauses, backlogs = operating.pauses(now), overview.backlogs(now, grace)
            unexplained, counts = overview.unexplained()[0], Counter(waiting(connection)[1])
    except GavelpayError:
        return
    yield from _living(processes)
    workers = sum(one.role == "worker" for one in processes)
    named: dict[NeedKind, list[str]] = {}
    for need in of_machinery(backlogs, pauses, unexplained, workers, now):
        counts[need.kind] += 1
        named.setdefault(need.kind, []).append(need.what)
    yield from _waiting(counts, named)


def _living(processes: Sequence[LiveProcess]) -> Iterator[Finding]:
    for role in ("worker", "scheduler"):
        alive = sum(one.role == role for one in processes)
        advice = f"Start `gavelpay {role}`. If it was started, its log says why it ended, or what it waits for."
        yield ok(f"{role}s", f"{alive} alive") if alive else warn(f"{role}s", "none shows that it lives", advice)


def _waiting(counts: Mapping[NeedKind, int], named: Mapping[NeedKind, Sequence[str]]) -> Iterator[Finding]:
    """One finding for each kind of which there is something; else that nothing waits."""
    told = [kind for kind in _ADVICE if counts.get(kind)]
    for kind in told:
        found, advice = _ADVICE[kind]
        yield warn("for a person", found.format(counts[kind], ", ".join(named.get(kind, ()))), advice)
    if not told:
        yield ok("for a person", "nothing waits")
