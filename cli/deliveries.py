"""`gavelpay deliveries`: look at outgoing events on their way, send them again, and stop or resume an endpoint."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import click

from cli.acting import acting_user, dry_run, given, why
from cli.opening import open_app
from cli.printing import PlainGroup, as_json, colored, print_facts, print_json, print_table
from domain.endpoint import ENDPOINTS
from domain.messaging import Delivery, OutgoingEvent
from gateways.downstream import body_of, message_id
from models.deliveries import Wanted
from models.tables.messaging import DELIVERY_STATES
from runtime.app import App

_SHOWN: Final = 60
_EVENT_ID: Final = 32


class EventId(click.ParamType[UUID]):
    """An event's id, as receivers know it (`evt_…`) or as it stands in the database."""

    name = "event"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> UUID:
        """Read it."""
        try:
            return UUID(str(value).removeprefix("evt_"))
        except ValueError:
            self.fail(f"{value!r} is no id of an event, such as evt_{'0' * _EVENT_ID}", param, ctx)


_moment: Final = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
_endpoint: Final = click.Choice(ENDPOINTS)
_reason: Final = click.option("--reason", required=True, help="Why; it is kept in the audit trail.")


@click.group(cls=PlainGroup)
def deliveries() -> None:
    """Look at outgoing events on their way to the services downstream, and act on them."""


@deliveries.command("list", epilog="Example: gavelpay deliveries list --status given_up --endpoint order")
@click.option("--endpoint", type=_endpoint, help="Only those to this one.")
@click.option(
    "--status", type=click.Choice([*DELIVERY_STATES, "all"]), default="waiting", show_default=True, help="Which ones."
)
@click.option("--auction", help="Only those of this auction.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 100_000), help="How many at most.")
@as_json
def list_deliveries(*, endpoint: str | None, status: str, auction: str | None, limit: int, as_json: bool) -> None:
    """List deliveries, newest first."""
    wanted = Wanted(endpoint, None if status == "all" else status, auction)
    with open_app() as app:
        found = app.manage_deliveries.listed(wanted, limit)
    if as_json:
        print_json([_document(*one) for one in found])
        return
    rows = [
        [message_id(event), colored(one.status), one.endpoint, event.type, one.auction_id, one.tries,
         one.due_at if one.status == "waiting" else None, (one.last_error or "")[:_SHOWN]]
        for one, event in found
    ]  # fmt: skip
    columns = ("id", "status", "endpoint", "type", "auction", ">tries", "next try (UTC)", "error")
    print_table(columns, rows, empty="Nothing of that kind.")


@deliveries.command("show", epilog="Example: gavelpay deliveries show evt_0199c2f06a107bd19d5e2f1b7c1f0a11")
@click.argument("event", type=EventId())
@as_json
def show_event(*, event: UUID, as_json: bool) -> None:
    """Show one event, its content, and how it fares with each endpoint."""
    with open_app() as app:
        found, its = app.manage_deliveries.show(event)
    if as_json:
        body = {"type": found.type, "timestamp": found.occurred_at, "data": found.body}
        print_json({"id": message_id(found), "body": body, "deliveries": [_document(one, found) for one in its]})
        return
    print_facts([("event", message_id(found)), ("type", found.type), ("auction", found.auction_id),
                 ("payment", found.session_id), ("when (UTC)", found.occurred_at)])  # fmt: skip
    click.echo(body_of(found).decode())
    columns = ("endpoint", "status", ">tries", "late", "next try (UTC)", "ended (UTC)", "error")
    rows = [
        [one.endpoint, colored(one.status), one.tries, "late" if one.late else "",
         one.due_at if one.status == "waiting" else None, one.finished_at, one.last_error]
        for one in its
    ]  # fmt: skip
    print_table(columns, rows, empty="Nobody is told of it.")


@deliveries.command("endpoints", epilog="Example: gavelpay deliveries endpoints --json")
@as_json
def list_endpoints(*, as_json: bool) -> None:
    """Show how the endpoints stand, and how much waits for each."""
    with open_app() as app:
        found = app.manage_endpoints()
    if as_json:
        print_json([
            {"endpoint": one.name, "state": one.state, "waiting": waiting, "oldestWaiting": oldest,
             "failures": one.failures, "failingSince": one.failing_since, "restsUntil": one.rests_until,
             "lastError": one.last_error, "lastReceivedAt": one.last_received_at, "pausedAt": one.paused_at,
             "pausedBy": one.paused_by, "pauseReason": one.pause_reason}
            for one, waiting, oldest in found
        ])  # fmt: skip
        return
    columns = ("endpoint", "state", ">waiting", "since (UTC)", "last received (UTC)", "error", "paused by", "why")
    rows = [
        [one.name, colored(one.state), waiting, oldest, one.last_received_at, one.last_error, one.paused_by,
         one.pause_reason]
        for one, waiting, oldest in found
    ]  # fmt: skip
    print_table(columns, rows, empty="")


@deliveries.command(
    "resend",
    epilog="Examples: gavelpay deliveries resend evt_0199c2f0… --reason 'lost by them' · "
    "gavelpay deliveries resend --endpoint queue --since 2026-11-21T09:00 --reason 'Redis was emptied'",
)
@click.argument("events", nargs=-1, type=EventId(), metavar="[EVENT]…")
@click.option("--endpoint", type=_endpoint, help="Only to this one.")
@click.option("--since", type=_moment, help="All events from then on (UTC), instead of named ones.")
@click.option("--until", type=_moment, help="And before then (UTC).")
@why
@dry_run
def resend(
    *,
    events: tuple[UUID, ...],
    endpoint: str | None,
    since: datetime | None,
    until: datetime | None,
    reason: str | None,
    dry_run: bool,
) -> None:
    """Send events again under their ids, marked as late."""
    if bool(events) == (since is not None):
        raise click.UsageError("Name events, or give --since.")
    if since is not None and endpoint is None:
        raise click.UsageError("Say with --endpoint to whom.")
    with open_app() as app:
        office, wanted = app.manage_deliveries, Wanted(endpoint, since=_utc(since), until=_utc(until))
        if dry_run:
            count = app.desk.deliveries.over(wanted) if since else _over(app, events, endpoint)
            click.echo(f"{count} would be on their way again. Nothing was changed.")
            return
        if since is not None:
            done = office.replay(wanted, acting_user(), given(reason))
        else:
            done = sum(office.resend(event, endpoint, acting_user(), given(reason)) for event in events)
    click.echo(f"{done} on their way again.")


@deliveries.command("drop", epilog="Example: gavelpay deliveries drop evt_0199c2f0… --endpoint order --reason 'a test'")
@click.argument("event", type=EventId())
@click.option("--endpoint", required=True, type=_endpoint, help="Where it waits.")
@_reason
def drop(*, event: UUID, endpoint: str, reason: str) -> None:
    """Try no more to deliver an event; what waits behind it goes on."""
    with open_app() as app:
        app.manage_deliveries.drop(event, endpoint, acting_user(), reason)
    click.echo("Dropped.")


@deliveries.command("pause", epilog="Example: gavelpay deliveries pause order --reason 'they are moving'")
@click.argument("endpoint", type=_endpoint)
@_reason
def pause(*, endpoint: str, reason: str) -> None:
    """Send an endpoint nothing until it is resumed. What is announced meanwhile waits."""
    with open_app() as app:
        app.manage_endpoints.pause(endpoint, acting_user(), reason)
    click.echo(f"Paused. Events for {endpoint} wait until: gavelpay deliveries resume {endpoint}")


@deliveries.command("resume", epilog="Example: gavelpay deliveries resume order --reason 'they are back'")
@click.argument("endpoint", type=_endpoint)
@_reason
def resume(*, endpoint: str, reason: str) -> None:
    """Send a paused endpoint what waits for it."""
    with open_app() as app:
        app.manage_endpoints.resume(endpoint, acting_user(), reason)
    click.echo("Resumed.")


def _over(app: App, events: Sequence[UUID], endpoint: str | None) -> int:
    """To how many endpoints these events could go again."""
    told = [one for event in events for one in app.desk.deliveries.one(event)]
    return sum(one.delivery.status != "waiting" and endpoint in (None, one.delivery.endpoint) for one in told)


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


def _document(one: Delivery, event: OutgoingEvent) -> dict[str, Any]:
    return {
        "id": message_id(event),
        "type": event.type,
        "auctionId": one.auction_id,
        "sessionId": event.session_id,
        "sequence": one.order_no,
        "endpoint": one.endpoint,
        "status": one.status,
        "tries": one.tries,
        "late": one.late,
        "lastError": one.last_error,
        "dueAt": one.due_at if one.status == "waiting" else None,
        "occurredAt": event.occurred_at,
        "finishedAt": one.finished_at,
    }
