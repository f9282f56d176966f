"""`gavelpay events`: look at Stripe's events as they were stored, and have them processed again."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import click

from cli.opening import open_app
from cli.printing import PlainGroup, as_json, colored, print_json, print_table, sentence
from domain.errors import NotFound
from domain.messaging import StoredEvent
from models.tables.messaging import EVENT_STATES
from services.list_events import ListEvents

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SPAN: Final = re.compile(r"([0-9]{1,6})([smhd])")


class Since(click.ParamType[datetime]):
    """A moment: `90m`, `2h`, `7d` ago, or a time such as `2026-03-01T12:00`, in UTC where it names no zone."""

    name = "since"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it."""
        if isinstance(value, datetime):
            return value
        if span := _SPAN.fullmatch(value):
            return datetime.now(UTC) - timedelta(**{_UNITS[span[2]]: int(span[1])})
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is neither a span such as 90m, 2h or 7d, nor a time such as 2026-03-01T12:00", param, ctx
            )
        return at if at.tzinfo else at.replace(tzinfo=UTC)


@click.group(cls=PlainGroup)
def events() -> None:
    """Look at stored Stripe events, and replay them."""


@events.command(
    "list", epilog="Example: gavelpay events list --type 'checkout.session.*' --status set_aside --since 2h"
)
@click.option("--type", "kind", help="Stripe's type; charge.* is every type that begins so.")
@click.option("--status", type=click.Choice(EVENT_STATES), help="What became of it.")
@click.option("--since", type=Since(), help="Received since: 90m, 2h, 7d, or a time.")
@click.option("--session", "session_id", type=click.UUID, help="Those that name this payment session.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000), help="How many at most.")
@as_json
def list_events(*, as_json: bool, **wanted: Any) -> None:
    """List events, newest first."""
    with open_app() as app:
        found = ListEvents(app.store.begin, app.now).listed(**wanted)
    if as_json:
        print_json([_document(event) for event in found])
        return
    rows = [
        [event.stripe_event_id, event.type, colored(event.status), event.received_at, event.reason or ""]
        for event in found
    ]
    print_table(("id", "type", "status", "received (UTC)", "why"), rows, empty="No event matches.")


def _document(event: StoredEvent) -> dict[str, Any]:
    return {
        "id": event.id,
        "stripeEventId": event.stripe_event_id,
        "type": event.type,
        "status": event.status,
        "reason": event.reason,
        "sessionId": event.session_id,
        "objectId": event.object_id,
        "livemode": event.livemode,
        "source": event.source,
        "tries": event.tries,
        "created": event.created,
        "receivedAt": event.received_at,
        "processedAt": event.processed_at,
    }


@events.command("show", epilog="Example: gavelpay events show evt_1Q2w3E4r | jq .data.object")
@click.argument("event_id")
def show_event(event_id: str) -> None:
    """Print an event's body as Stripe sent it. EVENT_ID is Stripe's (evt_…) or ours."""
    with open_app() as app:
        event = ListEvents(app.store.begin, app.now).one(event_id)
    click.echo(event.body)


@events.command("replay", epilog="Example: gavelpay events replay evt_1Q2w3E4r evt_5T6z7U8i")
@click.argument("event_ids", nargs=-1, required=True, metavar="EVENT_ID…")
def replay_events(event_ids: tuple[str, ...]) -> None:
    """Have events processed again, by the workers. That does no harm."""
    missing = 0
    with open_app() as app:
        inbox = ListEvents(app.store.begin, app.now)
        for event_id in event_ids:
            try:
                event = inbox.replay(event_id)
            except NotFound as error:
                click.echo(f"Error: {sentence(error)}", err=True)
                missing += 1
            else:
                click.echo(f"{event.stripe_event_id} ({event.type}) waits to be processed again.")
    if missing:
        raise click.exceptions.Exit(1)
