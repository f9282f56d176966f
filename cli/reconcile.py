"""`gavelpay reconcile`: compare with Stripe now, repair, and say what was found."""

from collections.abc import Iterator
from datetime import UTC, datetime

import click

from cli.acting import acting_user
from cli.opening import open_app
from cli.printing import PlainCommand, as_json, colored, money, print_facts, print_json, print_table, screen
from cli.since import Since
from services.reconcile import DEFAULT_SPAN, Report


@click.command(cls=PlainCommand, epilog="Examples: gavelpay reconcile; gavelpay reconcile --since 7d --json")
@click.option("--since", type=Since(), help="How far back: 90m, 2h, 7d, or a time.  [default: 1d]")
@click.option("--runs", is_flag=True, help="Compare nothing: list what was asked for before, and what it found.")
@as_json
def reconcile(*, since: datetime | None, runs: bool, as_json: bool) -> None:
    """Compare with Stripe now, and repair what can be repaired.

    Finds webhooks that were lost and has them processed, looks up attempts and refunds that are past due, and compares
    every movement of money with Stripe's books. Exits with 1 if money stays unexplained.
    """
    if runs:
        _list_runs(as_json=as_json)
        return
    with open_app() as app:
        report = app.reconcile_asked.at_once(since or app.now() - DEFAULT_SPAN, acting_user(), "asked by hand")
    if as_json:
        print_json(report.document)
    else:
        _print(report)
    if report.is_unexplained:
        raise click.exceptions.Exit(1)


def _list_runs(*, as_json: bool) -> None:
    with open_app() as app:
        found = app.reconcile_asked.books().runs
    if as_json:
        print_json([
            {"id": one.id, "status": one.status, "askedBy": one.asked_by, "reason": one.reason, "since": one.since,
             "askedAt": one.asked_at, "finishedAt": one.finished_at, "lastError": one.last_error, "found": one.found}
            for one in found
        ])  # fmt: skip
        return
    rows = [
        [one.id, colored(one.status), one.asked_at, one.asked_by, one.reason,
         one.found.get("money", {}).get("compared"), one.last_error]
        for one in found
    ]  # fmt: skip
    columns = ("id", "status", "asked (UTC)", "by", "why", ">compared", "error")
    print_table(columns, rows, empty="Nobody has asked for one.")


def _print(report: Report) -> None:
    unexplained = ", ".join(money(minor, currency) for currency, minor in report.unexplained.items()) or "nothing"
    print_facts(
        [
            ("since (UTC)", report.since.astimezone(UTC)),
            ("events listed", report.events.listed),
            ("webhooks that were lost", len(report.events.lost)),
            ("events told before their webhooks", len(report.events.early)),
            ("attempts looked up", report.attempts_looked_up),
            ("refunds looked up", report.refunds_looked_up),
            ("movements compared", report.money.ours),
            ("payments found by their money", len(report.money.repaired)),
            ("unexplained", unexplained),
        ]
    )
    for title, columns, rows in _tables(report):
        if rows:
            screen().print(f"\n[bold]{title}[/bold]")
            print_table(columns, rows, empty="")


def _tables(report: Report) -> Iterator[tuple[str, tuple[str, ...], list[list[object]]]]:
    """Title, columns and rows of each table."""
    lost: list[list[object]] = [
        [one.stripe_event_id, one.type, one.created, one.session_id] for one in report.events.lost
    ]
    yield "Webhooks that were lost, and are taken in now", ("id", "type", "happened (UTC)", "session"), lost
    columns: tuple[str, ...] = ("id", "what is wrong", ">amount", "session", "at Stripe", "moved (UTC)")
    differing: list[list[object]] = [
        [one.id, one.reason, money(one.amount_minor, one.currency), one.session_id, one.source_id, one.moved_at]
        for one in report.differences
    ]
    yield "Money that stays unexplained", columns, differing
    columns = ("type", ">how often", ">in all")
    others: list[list[object]] = [
        [kind, count, money(amount, currency)] for kind, currency, count, amount in report.others
    ]
    yield "What else moved on the account", columns, others
