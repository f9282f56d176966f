"""`gavelpay keys`: which key encrypts what, and everything brought under the first one."""

from collections.abc import Sequence
from typing import Any

import click
from rich.text import Text

from cli.acting import acting_user
from cli.opening import open_store
from cli.printing import PlainGroup, as_json, print_json, print_table
from cli.progress import showing_progress
from models.sealed import KeyCount, Unreadable
from services.rotate_keys import BATCH, CountKeys, RotateKeys

_COLUMNS = ("table", "key", "what it is", ">values")


@click.group(cls=PlainGroup)
def keys() -> None:
    """See which key encrypts what, and rotate keys.

    To rotate: add a new key at the end of FIELD_ENCRYPTION_KEYS and restart every process, so that all can read what it
    encrypts; put it first and restart again; run `gavelpay keys rotate`; take the old key away when `keys list` shows
    no value under it (backups may still need it). FIELD_INDEX_KEY, by which encrypted fields are searched, is not
    rotated.
    """


@keys.command("list", epilog="Example: gavelpay keys list --json")
@as_json
def list_keys(*, as_json: bool) -> None:
    """Show how many values are encrypted under which key."""
    with open_store() as (store, _):
        known = store.cipher.key_ids
        counts = CountKeys(store.begin)()
    if as_json:
        print_json({"keys": known, "counts": _documents(counts, known)})
        return
    click.echo(f"The key that encrypts now: {known[0]}.")
    _print(counts, known)


@keys.command(epilog="Example: gavelpay keys rotate --batch 500")
@click.option(
    "--batch", default=BATCH, show_default=True, type=click.IntRange(1, 10_000), help="Rows locked at a time."
)
@as_json
def rotate(*, batch: int, as_json: bool) -> None:
    """Encrypt everything again that is not encrypted under the first key.

    Safe beside running workers, to interrupt, and to run twice. Exits 1 if values under other keys are left.
    """
    with open_store() as (store, clock), showing_progress() as progress:
        known = store.cipher.key_ids
        done = RotateKeys(store.begin, clock)(actor=acting_user(), batch=batch, progress=progress)
    unreadable = list(done.unreadable.values())
    left = sum(one.values for one in done.counts if one.key_id != known[0])
    if as_json:
        print_json(
            {
                "key": known[0],
                "resealed": done.resealed,
                "left": left,
                "counts": _documents(done.counts, known),
                "unreadable": [_unreadable(one) for one in unreadable],
            }
        )
    else:
        click.echo(f"{done.resealed.total()} values were encrypted again under key {known[0]}.")
        _print(done.counts, known)
        _tell(unreadable, left)
    if left:
        raise click.exceptions.Exit(1)


def _print(counts: Sequence[KeyCount], known: Sequence[str]) -> None:
    rows = [[one.table, one.key_id, _what(one, known), one.values] for one in counts]
    print_table(_COLUMNS, rows, empty="Nothing is encrypted yet.")


def _what(one: KeyCount, known: Sequence[str]) -> Text:
    if one.key_id == known[0]:
        return Text("encrypts now", "green")
    return Text("opens", "yellow") if one.key_id in known else Text("not ours", "red")


def _tell(unreadable: Sequence[Unreadable], left: int) -> None:
    for one in unreadable:
        click.echo(f"Error: {one.table}.{one.column} of {_id(one)}: {one.why}.", err=True)
    if left > len(unreadable):
        some = left - len(unreadable)
        click.echo(
            f"{some} values came under another key meanwhile: restart the processes, and run this again.", err=True
        )


def _documents(counts: Sequence[KeyCount], known: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"table": one.table, "key": one.key_id, "known": one.key_id in known, "values": one.values} for one in counts
    ]


def _unreadable(one: Unreadable) -> dict[str, Any]:
    return {"table": one.table, "column": one.column, "id": _id(one), "why": one.why}


def _id(one: Unreadable) -> str:
    return ":".join(map(str, one.identity))
