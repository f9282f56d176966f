"""`gavelpay receipts`: look at receipts and credit notes, and verify them."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from uuid import UUID

import click

from cli.acting import acting_user, dry_run, given, why
from cli.opening import open_app, open_store, read_settings
from cli.printing import (
    PlainGroup,
    as_json,
    colored,
    money,
    print_facts,
    print_json,
    print_table,
    screen,
)
from cli.progress import showing_progress
from console.api import receipts as views
from domain.documents import DocumentKind
from domain.receipt import ReceiptStatus
from runtime.receipts import build_verify_receipts
from runtime.settings import Role
from runtime.storage import build_storage
from services.receipt_office import check_stuck
from services.verify_receipts import BrokenReceipt, VerifiedReceipts, VerifyReceipts
from services.view_receipts import ShownReceipt


@click.group(cls=PlainGroup)
def receipts() -> None:
    """Look at receipts and credit notes, and verify them."""


@receipts.command("list", epilog="Example: gavelpay receipts list --status stuck")
@click.option("--kind", type=click.Choice([one.value for one in DocumentKind]), help="Only receipts, or credit notes.")
@click.option("--status", type=click.Choice([one.value for one in ReceiptStatus]), help="Only those that stand there.")
@click.option("--session", "session_id", type=click.UUID, help="Only those of this payment session.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="How many at most.")
@as_json
def list_receipts(*, kind: str | None, status: str | None, session_id: UUID | None, limit: int, as_json: bool) -> None:
    """List documents, newest first."""
    with open_app() as app:
        found = app.receipts.view.listed(kind=kind, status=status, session_id=session_id, limit=limit)
    if as_json:
        print_json([_document(one) for one in found])
        return
    columns = ("id", "number", "status", "kind", ">amount", "session", "issued (UTC)", "why not")
    print_table(columns, [_row(one) for one in found], empty="No receipt matches.")


@receipts.command("show", epilog="Example: gavelpay receipts show CRAFT-2026-000001")
@click.argument("receipt", metavar="ID_OR_NUMBER")
@as_json
def show_receipt(*, receipt: str, as_json: bool) -> None:
    """Show one document, with a link to it."""
    with open_app() as app:
        view = app.receipts.view
        receipt_id = _id(receipt)
        shown = view.one(receipt_id) if receipt_id else view.by_number(receipt)
    if as_json:
        print_json(_document(shown))
        return
    one = shown.receipt
    print_facts(
        [
            ("receipt", str(one.id)),
            ("number", one.number),
            ("kind", one.kind.replace("_", " ")),
            ("status", colored(one.status)),
            ("", "its refund has come back: the paper stays, the money did not go" if shown.is_void else None),
            ("amount", money(one.amount_minor, one.currency)),
            ("session", str(one.session_id)),
            ("transaction", str(one.transaction_id)),
            ("refund", one.refund_id and str(one.refund_id)),
            ("takes back", (one.document or {}).get("cancels")),
            ("language", one.language),
            ("template", one.template_version),
            ("money moved", one.occurred_at),
            ("issued", one.issued_at),
            ("sha256", one.content_hash and one.content_hash.hex()),
            ("stored as", one.storage_key),
            ("tries", one.tries or None),
            ("error", one.last_error),
            ("link", shown.download_url),
            ("works until", shown.expires_at),
        ]
    )


@receipts.command(
    "reissue", epilog="Example: gavelpay receipts reissue CRAFT-2026-000001 --reason 'the bucket is back'"
)
@click.argument("receipt", metavar="ID_OR_NUMBER")
@why
@dry_run
def reissue_receipt(*, receipt: str, reason: str | None, dry_run: bool) -> None:
    """Have a document that is stuck printed and stored again, under the number that it has."""
    with open_app() as app:
        view, receipt_id = app.receipts.view, _id(receipt)
        one = (view.one(receipt_id) if receipt_id else view.by_number(receipt)).receipt
        if dry_run:
            check_stuck(one)
            click.echo(f"{one.number} would be printed and stored again. Nothing was changed.")
            return
        app.receipts.office.reissue(one.id, given(reason), acting_user())
    click.echo(f"{one.number} is being printed and stored again.")


@receipts.command("verify", epilog="Example: gavelpay receipts verify --reprint")
@click.option("--objects/--no-objects", default=True, show_default=True, help="Read every stored file.")
@click.option("--reprint", is_flag=True, help="Print every document again, and compare byte for byte.")
@as_json
def verify_receipts(*, objects: bool, reprint: bool, as_json: bool) -> None:
    """Verify every receipt and credit note. Names what is broken, and exits 1 if anything is.

    Numbers are consecutive in each series; every payment that is kept has one receipt, every refund one credit note;
    what is stored is what was printed.
    """
    with _opened() as verify, showing_progress() as progress:
        found = verify(objects=objects, reprint=reprint, progress=progress)
    if as_json:
        print_json(_verified(found))
    else:
        _print(found, objects=objects)
    if not found.intact:
        raise click.exceptions.Exit(1)


@contextmanager
def _opened() -> Iterator[VerifyReceipts]:
    """What verifies, with database and storage: it needs no broker and no Stripe."""
    settings = read_settings(Role.CLI, needs=("FIELD_ENCRYPTION_KEYS", "FIELD_INDEX_KEY"))
    with (
        open_store() as (store, clock),
        closing(build_storage(settings, derive=store.cipher.derive, now=clock)) as shelf,
    ):
        yield build_verify_receipts(store.begin, shelf)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _row(shown: ShownReceipt) -> list[object]:
    one = shown.receipt
    status = colored("void" if shown.is_void else one.status)
    amount = money(one.amount_minor, one.currency)
    return [
        str(one.id),
        one.number,
        status,
        one.kind.replace("_", " "),
        amount,
        one.session_id,
        one.issued_at,
        one.last_error,
    ]


def _document(shown: ShownReceipt) -> dict[str, Any]:
    one = shown.receipt
    return views.receipt_state(shown).document() | {
        "storageKey": one.storage_key,
        "tries": one.tries,
        "lastError": one.last_error,
    }


def _verified(found: VerifiedReceipts) -> dict[str, Any]:
    return {
        "intact": found.intact,
        "documents": found.documents,
        "issued": found.issued,
        "objects": found.objects,
        "brokenCount": found.broken_count,
        "broken": [_broken(one) for one in found.broken],
    }


def _broken(one: BrokenReceipt) -> dict[str, Any]:
    return {"why": one.why, "sessionId": one.session_id, "number": one.number}


def _print(found: VerifiedReceipts, *, objects: bool) -> None:
    for one in found.broken:
        where = "" if one.session_id is None else f" (payment {one.session_id})"
        screen().print(f"{one.why}{where}", style="red", soft_wrap=True, markup=False)
    if unnamed := found.broken_count - len(found.broken):
        click.echo(f"{unnamed} more are broken.")
    if found.intact:
        stored = f", and {found.objects} of {found.issued} stored files are what was printed" if objects else ""
        click.echo(f"All receipts are as they must be: {found.documents} with a number, {found.issued} issued{stored}.")
