"""`gavelpay dead-letters`: look at messages that gave up, put them back, or let them go."""

import sys
from base64 import b64encode
from typing import Any, Final
from uuid import UUID

import click

from cli.letter_acts import MOST, discard_letters, filtering, requeue_letters
from cli.opening import open_app
from cli.printing import PlainGroup, as_json, colored, harmless, print_facts, print_json, print_table
from domain.messaging import DeadLetter
from models.dead_letters import WantedLetters
from models.paging import Place
from models.tables.messaging import DEAD_LETTER_STATES

_SHOWN: Final = 80


@click.group("dead-letters", cls=PlainGroup)
def dead_letters() -> None:
    """Look at messages that gave up; put them back, or discard them."""


@dead_letters.command("list", epilog="Example: gavelpay dead-letters list --json")
@click.option(
    "--status", type=click.Choice([*DEAD_LETTER_STATES, "all"]), default="dead", show_default=True, help="Which ones."
)
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, MOST), help="How many at most.")
@filtering
@as_json
def list_letters(*, status: str, limit: int, as_json: bool, **narrow: Any) -> None:
    """List dead letters, newest first."""
    wanted = WantedLetters(None if status == "all" else status, **narrow)
    with open_app() as app:
        found = app.operating.letters.page(wanted, Place(), limit).rows
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
        "corrected": None if letter.corrected is None else letter.corrected.decode(errors="replace"),
    }


@dead_letters.command("show", epilog="Example: gavelpay dead-letters show LETTER_ID --draft > arguments.json")
@click.argument("letter_id", type=click.UUID)
@click.option("--draft", is_flag=True, help="Only what `requeue --edit` takes, to be corrected in a file.")
@as_json
def show_letter(*, letter_id: UUID, draft: bool, as_json: bool) -> None:
    """Show one dead letter, with its message as it came."""
    with open_app() as app:
        letter = app.dead_letters.show(letter_id)
        text = app.operating.correct.draft(letter).text if draft else ""
    if draft:
        click.echo(harmless(text) if sys.stdout.isatty() else text)
        return
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


dead_letters.add_command(requeue_letters)
dead_letters.add_command(discard_letters)
