"""`gavelpay dead-letters`: look at messages that gave up, put them back, or let them go."""

import sys
from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

import click

from cli.acting import acting_user
from cli.opening import open_app
from cli.printing import PlainGroup, as_json, colored, harmless, print_facts, print_json, print_table, sentence
from domain.errors import PermanentError
from domain.messaging import DeadLetter
from models.tables.messaging import DEAD_LETTER_STATES

#: Letters that one `--all` takes.
_MOST: Final = 100_000
_SHOWN: Final = 80


@click.group("dead-letters", cls=PlainGroup)
def dead_letters() -> None:
    """Look at messages that gave up; put them back, or discard them."""


@dead_letters.command("list", epilog="Example: gavelpay dead-letters list --json")
@click.option(
    "--status", type=click.Choice([*DEAD_LETTER_STATES, "all"]), default="dead", show_default=True, help="Which ones."
)
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, _MOST), help="How many at most.")
@as_json
def list_letters(*, status: str, limit: int, as_json: bool) -> None:
    """List dead letters, newest first."""
    with open_app() as app:
        found = app.dead_letters.listed(status=None if status == "all" else status, limit=limit)
    if as_json:
        print_json([_document(letter) for letter in found])
        return
    rows = [
        [
            str(one.id),
            colored(one.status),
            one.queue,
            one.actor,
            one.reason,
            one.error[:_SHOWN],
            str(one.copies),
            one.created_at,
        ]
        for one in found
    ]
    columns = ("id", "status", "queue", "actor", "reason", "error", "times", "when (UTC)")
    print_table(columns, rows, empty="No dead letters. That is how it should be.")


def _document(letter: DeadLetter) -> dict[str, Any]:
    try:
        message = {"message": letter.message.decode()}
    except UnicodeDecodeError:
        message = {
            "message": letter.message.decode(errors="replace"),
            "messageBase64": b64encode(letter.message).decode(),
        }
    return {
        "id": letter.id,
        "queue": letter.queue,
        "actor": letter.actor,
        **message,
        "reason": letter.reason,
        "error": letter.error,
        "createdAt": letter.created_at,
        "tries": letter.tries,
        "copies": letter.copies,
        "lastAt": letter.last_at or letter.created_at,
        "status": letter.status,
        "resolution": letter.resolution,
        "resolvedBy": letter.resolved_by,
        "resolvedAt": letter.resolved_at,
    }


@dead_letters.command("show", epilog="Example: gavelpay dead-letters show 0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11")
@click.argument("letter_id", type=click.UUID)
@as_json
def show_letter(*, letter_id: UUID, as_json: bool) -> None:
    """Show one dead letter, with its message as it came."""
    with open_app() as app:
        letter = app.dead_letters.show(letter_id)
    if as_json:
        print_json(_document(letter))
        return
    print_facts(
        [
            ("letter", str(letter.id)),
            ("status", colored(letter.status)),
            ("queue", letter.queue),
            ("actor", letter.actor),
            ("reason", letter.reason),
            ("error", letter.error),
            ("tries", str(letter.tries)),
            ("times", str(letter.copies)),
            ("when (UTC)", letter.created_at),
            ("last time (UTC)", letter.last_at),
            ("dealt with by", letter.resolved_by),
            ("how", letter.resolution),
        ]
    )
    click.echo()
    # A terminal gets text; a file or a pipe gets the bytes.
    text = harmless(letter.message.decode(errors="replace"))
    click.echo(text if sys.stdout.isatty() else letter.message)


@dead_letters.command("requeue", epilog="Example: gavelpay dead-letters requeue --all")
@click.argument("letter_ids", nargs=-1, type=click.UUID, metavar="[LETTER_ID]…")
@click.option("--all", "every", is_flag=True, help="Every letter that is dead.")
@click.option("--reason", default="put back", show_default=True, help="Why, for the record.")
def requeue_letters(*, letter_ids: tuple[UUID, ...], every: bool, reason: str) -> None:
    """Put dead letters back on their queues."""
    if every == bool(letter_ids):
        raise click.UsageError("Name letters, or give --all.")
    with open_app() as app:
        office = app.dead_letters
        # Oldest first, as they once came.
        chosen = [letter.id for letter in reversed(office.listed(limit=_MOST))] if every else letter_ids
        _each(chosen, lambda letter_id: office.requeue(letter_id, acting_user(), reason), "put back")


@dead_letters.command(
    "discard", epilog="Example: gavelpay dead-letters discard --reason 'a test' 0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11"
)
@click.argument("letter_ids", nargs=-1, required=True, type=click.UUID, metavar="LETTER_ID…")
@click.option("--reason", required=True, help="Why, for the record.")
def discard_letters(letter_ids: tuple[UUID, ...], reason: str) -> None:
    """Let dead letters go. They stay on record."""
    with open_app() as app:
        office = app.dead_letters
        _each(letter_ids, lambda letter_id: office.discard(letter_id, acting_user(), reason), "discarded")


def _each(letter_ids: Sequence[UUID], act: Callable[[UUID], object], done: str) -> None:
    """Do something with each letter; where one cannot be done it is told why, and the others go on."""
    failed = 0
    for letter_id in letter_ids:
        try:
            act(letter_id)
        except PermanentError as error:
            click.echo(f"Error: {letter_id}: {sentence(error)}", err=True)
            failed += 1
    click.echo(f"{len(letter_ids) - failed} {done}" + (f", {failed} not." if failed else "."))
    if failed:
        raise click.exceptions.Exit(1)
