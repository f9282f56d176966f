"""`gavelpay notices`: look at what buyers and makers were told, and tell them again."""

from typing import Any
from uuid import UUID

import click

from cli.acting import acting_user, dry_run, given, why
from cli.opening import open_app
from cli.printing import PlainGroup, as_json, colored, print_facts, print_json, print_table
from domain.notice import Notice, NoticeStatus
from domain.notices import NoticeKind


@click.group(cls=PlainGroup)
def notices() -> None:
    """Look at what buyers and makers were told; tell them again."""


@notices.command("list", epilog="Example: gavelpay notices list --status given_up --json")
@click.option("--session", "session_id", type=click.UUID, help="Only those of this payment.")
@click.option("--status", type=click.Choice([one.value for one in NoticeStatus]), help="Only those that stand there.")
@click.option("--kind", type=click.Choice([one.value for one in NoticeKind]), help="Only those that say this.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="How many at most.")
@as_json
def list_notices(*, session_id: UUID | None, status: str | None, kind: str | None, limit: int, as_json: bool) -> None:
    """List notices, newest first."""
    with open_app() as app:
        found = app.notices.listed(session_id=session_id, status=status, kind=kind, limit=limit)
    if as_json:
        print_json([_document(one) for one in found])
        return
    rows = [
        [one.id, colored(one.status), one.kind, one.recipient, one.channel, one.due_at, one.tries, one.last_error]
        for one in found
    ]
    columns = ("id", "status", "says", "to", "through", "due (UTC)", ">tries", "why not")
    print_table(columns, rows, empty="No notice matches.")


@notices.command("show", epilog="Example: gavelpay notices show 0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11")
@click.argument("notice_id", type=click.UUID)
@as_json
def show_notice(*, notice_id: UUID, as_json: bool) -> None:
    """Show one notice. Its words are not kept: they are written when it is sent."""
    with open_app() as app:
        one = app.notices.show(notice_id)
    if as_json:
        print_json(_document(one))
        return
    print_facts(
        [
            ("notice", str(one.id)),
            ("status", colored(one.status)),
            ("says", one.kind),
            ("to the", one.recipient),
            ("through", one.channel),
            ("payment", str(one.session_id)),
            ("wanted (UTC)", one.wanted_at),
            ("due (UTC)", one.due_at if one.status is NoticeStatus.QUEUED else None),
            ("done (UTC)", one.finished_at),
            ("tries", one.tries),
            ("message id", one.message_id),
            ("why not", one.last_error),
        ]
    )


@notices.command("resend", epilog="Example: gavelpay notices resend 0199c2f0-… --reason 'asked by telephone'")
@click.argument("notice_id", type=click.UUID)
@why
@dry_run
def resend_notice(*, notice_id: UUID, reason: str | None, dry_run: bool) -> None:
    """Send a notice once more, in today's words, if it is still true."""
    with open_app() as app:
        if dry_run:
            one, before = app.notices.preview(app.notices.show(notice_id).session_id, notice_id)
            click.echo(
                f"{one.kind} would go to the {one.recipient} by {one.channel} again, after {before} times before."
            )
            click.echo("Nothing was changed.")
            return
        fresh = app.notices.resend(notice_id, given(reason), acting_user())
    click.echo(f"It goes out again as {fresh.id}.")


def _document(one: Notice) -> dict[str, Any]:
    return {
        "id": one.id,
        "sessionId": one.session_id,
        "kind": one.kind,
        "recipient": one.recipient,
        "channel": one.channel,
        "status": one.status,
        "tries": one.tries,
        "createdAt": one.created_at,
        "wantedAt": one.wanted_at,
        "dueAt": one.due_at,
        "finishedAt": one.finished_at,
        "messageId": one.message_id,
        "lastError": one.last_error,
    }
