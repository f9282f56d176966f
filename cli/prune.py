"""`gavelpay prune`: lets go of what is old and over, now instead of at night."""

from collections import Counter

import click

from cli.acting import acting_user, dry_run
from cli.opening import open_store, read_settings
from cli.printing import PlainCommand, as_json, print_json, print_table
from runtime.settings import Role
from services.observing import Unobserved
from services.prune import Planned, Prune

_COLUMNS = ("table", "what", "part", ">rows, about", ">MB")


class _Counting(Unobserved):
    """Adds up what is gone."""

    def __init__(self) -> None:
        self.gone: Counter[str] = Counter()

    def pruned(self, table: str, rows: int) -> None:
        """Count it."""
        self.gone[table] += rows


@click.command(
    cls=PlainCommand,
    epilog="""\b
Examples:
  gavelpay prune --dry-run
  RETENTION_WEBHOOK_EVENTS_DAYS=90 gavelpay prune --dry-run
  gavelpay prune --json
""",
)
@dry_run
@as_json
def prune(*, dry_run: bool, as_json: bool) -> None:
    """Let go of events that were dealt with and are older than they are to be kept, and make the months to come.

    Workers do this once a day; see RETENTION_WEBHOOK_EVENTS_DAYS and RETENTION_OUTGOING_EVENTS_DAYS. What somebody
    still waits for stays, whatever its age. Safe beside running workers, to interrupt, and to run twice.
    """
    retention, counting = read_settings(Role.CLI).retention.kept, _Counting()
    with open_store() as (store, clock):
        pruning = Prune(store.database, store.begin, retention, counting, clock)
        planned = list(pruning.plan())
        if not dry_run:
            pruning.ask()
            while pruning(acting_user()):
                pass
            planned = list(pruning.plan())
    if as_json:
        print_json({"gone": dict(counting.gone), "left": [one._asdict() for one in planned]})
        return
    if counting.gone:
        print_table(("table", ">rows gone"), [[table, f"{rows:,}"] for table, rows in counting.gone.items()], empty="")
    if dry_run:
        print_table(_COLUMNS, [_row(one) for one in planned], empty="There is nothing to do.")
    elif planned:
        print_table(_COLUMNS, [_row(one) for one in planned], empty="")
        click.echo("This is left: a table is in use, as by a backup, or much in it waits. It is tried again each hour.")
    elif not counting.gone:
        click.echo("There was nothing to do.")


def _row(one: Planned) -> list[object]:
    size = f"{one.size / 1e6:,.1f}" if one.size else ""
    return [one.table, one.what, one.part, f"{one.rows:,}" if one.what != "make" else "", size]
