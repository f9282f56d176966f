"""`gavelpay pci-scan`: proves that no card number is stored."""

from typing import Any

import click

from cli.opening import open_store
from cli.printing import PlainCommand, as_json, print_json, print_table
from cli.progress import showing_progress
from services.scan_for_cards import Scan, ScanForCards


@click.command("pci-scan", cls=PlainCommand, epilog="Example: gavelpay pci-scan --json")
@as_json
def pci_scan(*, as_json: bool) -> None:
    """Prove that no card number is stored.

    Looks through every text and JSON column of every table, and through everything that is encrypted at rest, stored
    webhooks among it. Names table, column and row of what it finds, never the number, and exits 1.
    """
    with open_store() as (store, _), showing_progress() as progress:
        scan = ScanForCards(store.begin)(progress)
    if as_json:
        print_json(_document(scan))
    else:
        _print(scan)
    if not scan.clean:
        raise click.exceptions.Exit(1)


def _document(scan: Scan) -> dict[str, Any]:
    return {
        "clean": scan.clean,
        "tables": scan.tables,
        "columns": scan.columns,
        "decrypted": scan.opened,
        "found": [{"table": one.table, "column": one.column, "id": one.row_id} for one in scan.found],
        "unproven": [{"where": one.where, "why": one.why} for one in scan.unproven],
    }


def _print(scan: Scan) -> None:
    if scan.found:
        rows = [[one.row_id, one.table, one.column] for one in scan.found]
        print_table(("id", "table", "column"), rows, empty="")
        click.echo(f"Card numbers stand in {len(scan.found)} places.")
    for one in scan.unproven:
        click.echo(f"Error: {one.where} could not be looked into: {one.why}.", err=True)
    if scan.clean:
        looked = f"{scan.columns} columns of {scan.tables} tables, {scan.opened} encrypted values opened"
        click.echo(f"No card number is stored ({looked}).")
