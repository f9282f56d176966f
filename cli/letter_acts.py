"""`gavelpay dead-letters requeue` and `discard`: one, or all that match, with a count first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

import click

from cli.acting import acting_user
from cli.opening import open_app
from cli.printing import PlainCommand, as_json, print_json, sentence
from cli.since import Since
from domain.errors import PermanentError
from models.dead_letters import WantedLetters
from runtime.app import App
from services.letter_desk import BulkPlan, Progress

F = TypeVar("F", bound=Callable[..., Any])

#: Letters that one command lists.
MOST: Final = 100_000


def filtering(command: F) -> F:
    """The options that narrow letters down."""
    for option in (
        click.option("--until", type=Since(), help="That gave up before: 90m, 2h, 7d ago, or a time."),
        click.option("--since", type=Since(), help="That gave up since: 90m, 2h, 7d ago, or a time."),
        click.option("--cause", "reason", help="That gave up for this cause, such as invalid_message."),
        click.option("--actor", help="Of this actor."),
        click.option("--queue", help="Of this queue."),
    ):
        command = option(command)
    return command


@click.command(
    "requeue",
    cls=PlainCommand,
    epilog="Example: gavelpay dead-letters requeue --all --cause storage_unavailable --dry-run · "
    "gavelpay dead-letters requeue 0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11 --edit message.json --reason 'a comma'",
)
@click.argument("letter_ids", nargs=-1, type=click.UUID, metavar="[LETTER_ID]…")
@click.option("--all", "every", is_flag=True, help="Every letter that is dead and matches.")
@filtering
@click.option(
    "--edit",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Send what this file says instead: the arguments, or the whole message where its envelope is wrong.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--reason", "why", default="put back", show_default=True, help="Why, for the record.")
@as_json
def requeue_letters(
    *,
    letter_ids: tuple[UUID, ...],
    every: bool,
    edit: Path | None,
    dry_run: bool,
    why: str,
    as_json: bool,
    **narrow: Any,
) -> None:
    """Put dead letters back on their queues."""
    _check(letter_ids, every=every, narrow=narrow)
    if edit is not None and len(letter_ids) != 1:
        raise click.UsageError("--edit is for one letter.")
    with open_app() as app:
        if edit is not None:
            done = _correct(app, letter_ids[0], edit.read_text(), why, dry_run=dry_run)
        elif every:
            wanted = WantedLetters(**narrow)
            plan = app.operating.letters.plan(wanted)
            if dry_run:
                _print_plan(plan, as_json=as_json)
                return
            done = _all(app.operating.letters.requeue, replace(wanted, upto=plan.upto), why)
        else:
            done = _each(letter_ids, lambda one: app.operating.letters.requeue_one(one, acting_user(), why), dry_run)
    _tell(done, "would be put back" if dry_run else "put back", as_json=as_json)


@click.command(
    "discard",
    cls=PlainCommand,
    epilog="Example: gavelpay dead-letters discard --reason 'a test' 0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11",
)
@click.argument("letter_ids", nargs=-1, type=click.UUID, metavar="[LETTER_ID]…")
@click.option("--all", "every", is_flag=True, help="Every letter that is dead and matches.")
@filtering
@click.option("--dry-run", is_flag=True, help="Only say how many.")
@click.option("--reason", "why", required=True, help="Why, for the record.")
@as_json
def discard_letters(
    *, letter_ids: tuple[UUID, ...], every: bool, dry_run: bool, why: str, as_json: bool, **narrow: Any
) -> None:
    """Let dead letters go. They stay on record."""
    _check(letter_ids, every=every, narrow=narrow)
    with open_app() as app:
        if every:
            wanted = WantedLetters(**narrow)
            plan = app.operating.letters.plan(wanted)
            bounded = replace(wanted, upto=plan.upto)
            done = Progress(plan.count, 0, None, 0) if dry_run else _all(app.operating.letters.discard, bounded, why)
        else:
            done = _each(letter_ids, lambda one: app.operating.letters.discard_one(one, acting_user(), why), dry_run)
    _tell(done, "would be discarded" if dry_run else "discarded", as_json=as_json)


def _check(letter_ids: Sequence[UUID], *, every: bool, narrow: Mapping[str, Any]) -> None:
    if every == bool(letter_ids):
        raise click.UsageError("Name letters, or give --all.")
    if letter_ids and any(narrow.values()):
        raise click.UsageError("Filters go with --all.")


def _correct(app: App, letter_id: UUID, text: str, why: str, *, dry_run: bool) -> Progress:
    if dry_run:
        app.operating.correct.corrected(app.dead_letters.show(letter_id), text)
    else:
        app.operating.correct(letter_id, text, acting_user(), why)
    return Progress(1, 0, None, 0)


def _all(act: Callable[[WantedLetters, str, str], Progress], wanted: WantedLetters, why: str) -> Progress:
    """Batch after batch, to the end."""
    done = Progress(0, 0, None, 0)
    while True:
        come = act(wanted, acting_user(), why)
        if come.why:
            click.echo(f"Error: {come.failed} could not be dealt with, the last because {come.why}", err=True)
        done = Progress(done.done + come.done, done.failed + come.failed, come.after, come.left)
        if not come.left:
            return done
        click.echo(f"{done.done} done, {come.left} left …", err=True)
        wanted = replace(wanted, after=come.after)


def _each(letter_ids: Sequence[UUID], act: Callable[[UUID], object], dry_run: bool) -> Progress:  # noqa: FBT001 - passed on
    """Do something with each letter; where one cannot be done it is told why, and the others go on."""
    failed = 0
    for letter_id in () if dry_run else letter_ids:
        try:
            act(letter_id)
        except PermanentError as error:
            click.echo(f"Error: {letter_id}: {sentence(error)}", err=True)
            failed += 1
    return Progress(len(letter_ids) - failed, failed, None, 0)


def _tell(done: Progress, word: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"done": done.done, "failed": done.failed})
    else:
        click.echo(f"{done.done} {word}" + (f", {done.failed} not." if done.failed else "."))
    if done.failed:
        raise click.exceptions.Exit(1)


def _print_plan(plan: BulkPlan, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "count": plan.count,
                "examined": plan.examined,
                "toQueues": dict(plan.to_queues),
                "dueAgain": plan.rows,
                "wouldGiveUpAgain": dict(plan.refused),
                "unreadable": plan.unreadable,
            }
        )
        return
    click.echo(f"Nothing has changed yet. {plan.count} would be put back; the oldest {plan.examined} were read:")
    for queue, count in plan.to_queues.most_common():
        click.echo(f"  {count} go back to {queue}")
    if plan.rows:
        click.echo(f"  {plan.rows} are rows of ours, due again at once")
    for wrong, count in plan.refused.most_common():
        click.echo(f"  {count} would give up again: {wrong}")
    if plan.unreadable:
        click.echo(f"  {plan.unreadable} cannot be read, and stay")
