"""`gavelpay audit`: verify the audit trail, and sign where it ends."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import click

from cli.acting import acting_user
from cli.audit_entries import export_entries, list_entries
from cli.opening import open_store
from cli.printing import PlainGroup, as_json, print_json, screen, sentence
from cli.progress import showing_progress
from domain.audit import BrokenLink
from services.audit_heads import PURPOSE, HeadsFile, HeadsNotOurs, open_heads
from services.verify_audit import SignAuditHeads, Verification, VerifyAudit, describe


@click.group(cls=PlainGroup)
def audit() -> None:
    """Verify the audit trail, and sign where it ends.

    Every entry holds the hash of the one before it, so none can be changed unseen. Signed heads, kept elsewhere, also
    show entries that were removed from the end, and whole chains that are gone.
    """


audit.add_command(list_entries)
audit.add_command(export_entries)


@audit.command(epilog="Example: gavelpay audit verify --heads heads-2026-11-20.jsonl")
@click.option("--heads", "heads_file", type=click.File("rb"), help="Signed heads that must still be there.")
@click.option("--session", "session_id", type=click.UUID, help="Only the chain of this payment session.")
@as_json
def verify(*, heads_file: BinaryIO | None, session_id: UUID | None, as_json: bool) -> None:
    """Verify every audit entry. Names the first broken one and its session, and exits 1 if there is any."""
    with open_store() as (store, _), showing_progress() as progress:
        heads = None if heads_file is None else _opened(heads_file, store.cipher.derive(PURPOSE))
        found = VerifyAudit(store.begin)(heads, session_id, progress)
    if as_json:
        print_json(_document(found, heads))
    else:
        _print(found, heads)
    if not found.intact:
        raise click.exceptions.Exit(1)


@audit.command(epilog="Example: gavelpay audit heads --out heads-2026-11-20.jsonl")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file, all of it or none.")
def heads(*, out: Path | None) -> None:
    """Verify every chain and sign where it ends. Keep the result where nobody who can write to the database can."""
    with open_store() as (store, clock), showing_progress() as progress, _writing(out) as file:
        chains = -2
        for line in SignAuditHeads(store.begin, clock)(progress, actor=acting_user()):
            file.write(line)
            chains += 1
    if out is not None:
        click.echo(f"Signed the heads of {chains} chains in {out}.")


def _opened(file: BinaryIO, key: bytes) -> HeadsFile:
    if not file.seekable():
        raise click.UsageError("The heads must be in a file: they are read twice.")
    try:
        return open_heads(file, key)
    except HeadsNotOurs as error:
        raise click.ClickException(sentence(error)) from None


@contextmanager
def _writing(out: Path | None) -> Iterator[BinaryIO]:
    """Standard output, or a file that appears when it is complete."""
    if out is None:
        yield sys.stdout.buffer
        return
    draft = out.with_name(f"{out.name}.part")
    try:
        with draft.open("wb") as file:
            yield file
        draft.replace(out)
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror}.") from None
    finally:
        draft.unlink(missing_ok=True)


def _document(found: Verification, heads: HeadsFile | None) -> dict[str, Any]:
    return {
        "intact": found.intact,
        "chains": found.chains,
        "entries": found.entries,
        "brokenChains": found.broken_chains,
        "broken": [_link(link) for link in found.broken],
        "heads": None if heads is None else {"signedAt": heads.signed_at, "chains": heads.chains},
    }


def _link(link: BrokenLink) -> dict[str, Any]:
    return {"sessionId": link.chain, "seq": link.seq, "action": link.action, "at": link.at, "why": link.why}


def _print(found: Verification, heads: HeadsFile | None) -> None:
    for link in found.broken:
        screen().print(sentence(Exception(describe(link))), style="red", soft_wrap=True, markup=False)
    if unnamed := found.broken_chains - len(found.broken):
        click.echo(f"So are {unnamed} more chains.")
    if found.intact:
        against = "" if heads is None else f", and nothing is missing of what was signed at {heads.signed_at:%F %T} UTC"
        click.echo(f"The audit trail is intact: {found.entries} entries in {found.chains} chains{against}.")
