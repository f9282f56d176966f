"""`gavelpay events`: look at Stripe's events as they were stored, and have them processed again."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import click
import orjson

from cli.acting import acting_user
from cli.opening import open_app
from cli.printing import PlainGroup, as_json, colored, print_json, print_table, sentence
from cli.since import Since
from domain.errors import NotFound
from domain.messaging import StoredEvent
from models.tables.messaging import EVENT_STATES
from runtime.app import App
from services.list_events import ListEvents
from services.replay_events import BATCH, TRIED, Outcome


@click.group(cls=PlainGroup)
def events() -> None:
    """Look at stored Stripe events; replay them, or let them go."""


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
        found = ListEvents(app.store.begin).listed(**wanted)
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
@as_json
def show_event(*, event_id: str, as_json: bool) -> None:
    """Print an event's body as Stripe sent it; with --json what became of it, too. EVENT_ID: Stripe's or ours."""
    with open_app() as app:
        event = ListEvents(app.store.begin).one(event_id)
    if as_json:
        print_json(_document(event) | {"body": orjson.Fragment(event.body)})
    else:
        click.echo(event.body)


@events.command("replay", epilog="Example: gavelpay events replay evt_1Q2w3E4r evt_5T6z7U8i --reason 'the fix is out'")
@click.argument("event_ids", nargs=-1, required=True, metavar="EVENT_ID…")
@click.option("--dry-run", is_flag=True, help="Only say what each would change.")
@click.option("--reason", default="replayed", show_default=True, help="Why, for the record.")
@as_json
def replay_events(*, event_ids: tuple[str, ...], dry_run: bool, reason: str, as_json: bool) -> None:
    """Have events processed again, by the workers. That does no harm."""
    with open_app() as app:
        replay = app.operating.replay
        found, unknown = _named(app, event_ids)
        outcomes: list[Outcome] = []
        for at in range(0, len(found), TRIED if dry_run else BATCH):
            if dry_run:
                outcomes += replay.plan(found[at : at + TRIED])
            else:
                replay([event.id for event in found[at : at + BATCH]], acting_user(), reason)
    if dry_run:
        _print_plan(outcomes, as_json=as_json)
    elif as_json:
        print_json([{"stripeEventId": event.stripe_event_id, "status": "waiting"} for event in found])
    else:
        for event in found:
            click.echo(f"{event.stripe_event_id} ({event.type}) waits to be processed again.")
    if unknown:
        raise click.exceptions.Exit(1)


@events.command("dismiss", epilog="Example: gavelpay events dismiss evt_1Q2w3E4r --reason 'its payment was sent back'")
@click.argument("event_ids", nargs=-1, required=True, metavar="EVENT_ID…")
@click.option("--reason", required=True, help="Why, for the record.")
def dismiss_events(*, event_ids: tuple[str, ...], reason: str) -> None:
    """Let events go that were set aside, and of which nothing can be made. They stay stored."""
    with open_app() as app:
        found, unknown = _named(app, event_ids)
        batches = [found[at : at + BATCH] for at in range(0, len(found), BATCH)]
        done = sum(app.operating.dismiss([one.id for one in batch], acting_user(), reason) for batch in batches)
    click.echo(f"{done} dismissed.")
    if done < len(found):
        click.echo(f"Error: {len(found) - done} of them are not set aside.", err=True)
    if unknown or done < len(found):
        raise click.exceptions.Exit(1)


def _named(app: App, event_ids: Sequence[str]) -> tuple[list[StoredEvent], int]:
    """The events of these ids, each once, and how many ids are none's; those are told."""
    inbox, found, unknown = ListEvents(app.store.begin), dict[UUID, StoredEvent](), 0
    for event_id in event_ids:
        try:
            event = inbox.one(event_id)
        except NotFound as error:
            unknown += 1
            click.echo(f"Error: {sentence(error)}", err=True)
        else:
            found[event.id] = event
    return list(found.values()), unknown


def _print_plan(outcomes: Sequence[Outcome], *, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    "stripeEventId": one.event.stripe_event_id,
                    "type": one.event.type,
                    "status": one.status,
                    "reason": one.reason,
                    "changes": list(one.notes),
                }
                for one in outcomes
            ]
        )
        return
    columns = ("id", "type", "would be", "would change", "why")
    rows = [
        [one.event.stripe_event_id, one.event.type, colored(one.status), ", ".join(one.notes) or "nothing", one.reason]
        for one in outcomes
    ]
    print_table(columns, rows, empty="No event was named.")
    click.echo("Nothing has changed yet.")
