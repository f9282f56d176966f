"""`gavelpay queues`: look how queues and workers stand, pause a queue, and resume it."""

from datetime import datetime, timedelta
from typing import Any, Final

import click

from cli.acting import acting_user
from cli.opening import open_app
from cli.printing import PlainGroup, as_json, colored, print_json, print_table
from domain.queues import QUEUES
from services.view_queues import QueueStanding, Standing

_queue: Final = click.Choice(list(QUEUES))
_reason: Final = click.option("--reason", required=True, help="Why, for the record.")


@click.group(cls=PlainGroup)
def queues() -> None:
    """Look how queues and workers stand; pause a queue, and resume it."""


@queues.command("list", epilog="Example: gavelpay queues list --json | jq '.queues[] | select(.paused)'")
@as_json
def list_queues(*, as_json: bool) -> None:
    """Show each queue: what waits, since when, how fast it goes, and who serves it."""
    with open_app() as app:
        standing, now = app.operating.queues(), app.now()
    if as_json:
        print_json(_document(standing, now))
        return
    columns = ("queue", "state", ">waiting", "oldest (UTC)", ">in/min", ">done/min", ">workers", "paused by", "why")
    print_table(columns, [_row(one) for one in standing.queues], empty="")
    if not standing.broker_answers:
        click.echo("The broker does not answer: what waits there is not known.", err=True)


def _row(one: QueueStanding) -> list[object]:
    pause = one.pause
    return [
        one.facts.name,
        colored("paused" if pause else "running"),
        f"{one.waiting:,}" + ("" if one.is_counted_whole else "+"),
        one.oldest,
        "" if one.came is None else f"{one.came:.1f}",
        f"{one.done:.1f}",
        one.served_by,
        pause.paused_by if pause else None,
        pause.reason if pause else None,
    ]


def _document(standing: Standing, now: datetime) -> dict[str, Any]:
    return {
        "queues": [
            {
                "name": one.facts.name,
                "paused": one.pause is not None,
                "pausedAt": one.pause.paused_at if one.pause else None,
                "pausedBy": one.pause.paused_by if one.pause else None,
                "pauseReason": one.pause.reason if one.pause else None,
                "pausedUntil": one.pause.until if one.pause else None,
                "messages": one.messages,
                "waiting": one.waiting,
                "waitingIsAtLeast": not one.is_counted_whole,
                "oldest": one.oldest,
                "cameLastMinute": one.came,
                "donePerMinute": one.done,
                "drainedInSeconds": None if one.drained_in is None else round(one.drained_in.total_seconds()),
                "servedBy": one.served_by,
            }
            for one in standing.queues
        ],
        "windows": {
            "endedAndOpen": standing.windows.ended,
            "endWithinTheHour": standing.windows.soon,
            "nextEnd": standing.windows.next_end,
        },
        "processes": [
            {
                "id": one.id,
                "role": one.role,
                "name": one.name,
                "startedAt": one.started_at,
                "heardAt": one.heard_at,
                "gone": one.is_gone(now),
                "report": one.report,
            }
            for one in standing.processes
        ],
        "brokerAnswers": standing.broker_answers,
    }


@queues.command("pause", epilog="Example: gavelpay queues pause receipts --minutes 30 --reason 'the storage is moved'")
@click.argument("queue", type=_queue)
@click.option("--minutes", type=click.IntRange(1, 7 * 24 * 60), help="It ends by itself after so long.")
@click.option("--dry-run", is_flag=True, help="Only say what will stand still.")
@_reason
def pause(*, queue: str, minutes: int | None, dry_run: bool, reason: str) -> None:
    """Have workers take nothing new from a queue. What is in hand is finished; the rest waits."""
    facts = QUEUES[queue]
    with open_app() as app:
        until = None if minutes is None else app.now() + timedelta(minutes=minutes)
        windows = app.operating.queues(until).windows
        if not dry_run:
            app.operating.pauses.pause(queue, acting_user(), reason, until)
    end = f"until {until:%Y-%m-%d %H:%M:%S} UTC" if until else f"until: gavelpay queues resume {queue}"
    click.echo(f"{'Nothing has changed yet. It would be paused' if dry_run else 'Paused'} {end}")
    click.echo(facts.stops)
    if facts.is_risky and windows.soon:
        when = "by then" if until else "within the hour"
        click.echo(f"Warning: {windows.soon:,} windows end {when}.", err=True)


@queues.command("resume", epilog="Example: gavelpay queues resume receipts --reason 'the storage is back'")
@click.argument("queue", type=_queue)
@_reason
def resume(*, queue: str, reason: str) -> None:
    """Have workers go on. They notice within some seconds."""
    with open_app() as app:
        app.operating.pauses.resume(queue, acting_user(), reason)
    click.echo("Resumed.")
