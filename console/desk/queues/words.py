"""Queues and workers in words."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from console.desk.figures import clock, span
from console.desk.standing import Badge
from domain.processes import LiveProcess
from domain.queues import Pause
from services.view_queues import QueueStanding, Standing

PAUSED: Final = Badge("bad", "i-pause", "Paused")
_RUNNING: Final = Badge("good", "i-play", "Running")
_LATE: Final = Badge("warn", "i-alert", "Late")
_UNSERVED: Final = Badge("bad", "i-alert", "No worker")
_WORKING: Final = Badge("good", "i-play", "Working")
_IDLE: Final = Badge("wait", "i-play", "Idle")
_GONE: Final = Badge("warn", "i-alert", "Gone")
_NUMBERS: Final = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def number(count: int) -> str:
    """A small number as a word, at the beginning of a sentence."""
    return _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"


def headline(standing: Standing, now: datetime) -> str:
    """Whether it keeps up, in a sentence or two."""
    unserved = [one for one in standing.queues if not one.served_by]
    late = [one for one in standing.queues if one.is_late(now)]
    paused = sum(one.pause is not None for one in standing.queues)
    if len(unserved) == len(standing.queues):
        said = "No worker is alive. Nothing is done."
    elif unserved:
        said = f"Nobody serves {_listed(unserved)}."
    elif late:
        said = f"Work waits too long in {_listed(late)}."
    else:
        said = "Queues keep up."
    if paused:
        said += f" {number(paused)} {'is' if paused == 1 else 'are'} paused."
    return said if standing.broker_answers else f"The broker does not answer. {said}"


def _listed(queues: Sequence[QueueStanding]) -> str:
    names = [one.facts.name for one in queues]
    return names[0] if len(names) == 1 else f"{', '.join(names[:3])}" + (" and others" if len(names) > 3 else "")  # noqa: PLR2004 - enough for a title


def badge(one: QueueStanding, now: datetime) -> Badge:
    """A queue's state."""
    if one.pause is not None:
        return PAUSED
    if not one.served_by:
        return _UNSERVED
    return _LATE if one.is_late(now) else _RUNNING


def waiting(one: QueueStanding) -> str:
    """How much waits."""
    return f"{one.waiting:,}" if one.is_counted_whole else f"{one.waiting:,} and more"


def rate(pieces: float | None) -> str:
    """Pieces a minute."""
    if pieces is None:
        return "–"
    return f"{pieces:,.0f}" if pieces >= 10 or pieces == int(pieces) else f"{pieces:.1f}"  # noqa: PLR2004


def empty_in(one: QueueStanding) -> str:
    """When nothing will be left."""
    if one.pause is not None:
        return "paused"
    if not one.waiting:
        return "empty"
    if one.drained_in is None:
        return "grows" if one.done and one.came and one.came >= one.done else "not known yet"
    return "under 1 s" if one.drained_in < timedelta(seconds=1) else span(one.drained_in)


def paused_by(pause: Pause, now: datetime) -> str:
    """Who paused it, why, and until when."""
    end = f" It ends by itself at {clock(pause.until, now)}." if pause.until else ""
    return f"Paused at {clock(pause.paused_at, now)} by {pause.paused_by}: “{pause.reason.rstrip('.')}”.{end}"


def risk(one: QueueStanding, standing: Standing) -> str | None:
    """What may go wrong with windows meanwhile."""
    windows = standing.windows
    if one.pause is None or not one.facts.is_risky or not (windows.ended or windows.soon):
        return None
    parts = []
    if windows.ended:
        parts.append(f"{_windows(windows.ended)} ended and not closed")
    if windows.soon:
        parts.append(f"{_windows(windows.soon)} end within the hour")
    return " · ".join(parts) + "."


def _windows(count: int) -> str:
    return "1 window" if count == 1 else f"{count:,} windows"


def worker_badge(one: LiveProcess, now: datetime) -> Badge:
    """A worker's state."""
    if one.is_gone(now):
        return _GONE
    return _WORKING if one.report.get("busy") else _IDLE


def busy(one: LiveProcess) -> int:
    """Threads at work."""
    return sum(one.report.get("busy", {}).values())


def per_minute(one: LiveProcess) -> float:
    """Pieces of work that a worker does in a minute."""
    seconds = float(one.report.get("seconds") or 0)
    return sum(one.report.get("done", {}).values()) * 60 / seconds if seconds else 0.0


def works_on(one: LiveProcess) -> str:
    """What it has in hand."""
    return ", ".join(f"{name} × {count}" if count > 1 else name for name, count in one.report.get("busy", {}).items())


def serves(one: LiveProcess) -> str:
    """Its queues and threads."""
    queues, threads = one.report.get("queues") or [], one.report.get("threads", 0)
    named = f"{', '.join(queues)}" if queues else "all queues"
    return f"{named} · {threads} threads"


def ticks(one: LiveProcess) -> list[tuple[str, datetime | None, datetime | None]]:
    """For each job of a scheduler: its name, when it last rang, and when it rings next."""
    jobs: dict[str, Any] = one.report.get("jobs", {})
    found = []
    for name, told in jobs.items():
        last = datetime.fromtimestamp(told["last"], UTC) if told.get("last") else None
        found.append((name.replace("_", " "), last, last + timedelta(seconds=told["every"]) if last else None))
    return found
