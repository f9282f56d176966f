"""`gavelpay reconcile`: compare with Stripe now, repair, and say what was found."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click

from cli.events import Since
from cli.opening import open_app
from cli.printing import PlainCommand, as_json, money, print_facts, print_json, print_table, screen
from domain.messaging import StoredEvent
from domain.movements import Difference
from services.reconcile import DEFAULT_SPAN, Report


@click.command(cls=PlainCommand, epilog="Examples: gavelpay reconcile; gavelpay reconcile --since 7d --json")
@click.option("--since", type=Since(), help="How far back: 90m, 2h, 7d, or a time.  [default: 1d]")
@as_json
def reconcile(*, since: datetime | None, as_json: bool) -> None:
    """Compare with Stripe now, and repair what can be repaired.

    Finds webhooks that were lost and has them processed, looks up attempts and refunds that are past due, and compares
    every movement of money with Stripe's books. Exits with 1 if money stays unexplained.
    """
    with open_app() as app:
        report = app.reconcile(since or app.now() - DEFAULT_SPAN)
    if as_json:
        print_json(_document(report))
    else:
        _print(report)
    if report.is_unexplained:
        raise click.exceptions.Exit(1)


def _document(report: Report) -> dict[str, Any]:
    return {
        "since": report.since,
        "events": {
            "listed": report.events.listed,
            "lost": [_event(one) for one in report.events.lost],
            "early": [_event(one) for one in report.events.early],
        },
        "lookedUp": {"attempts": report.attempts_looked_up, "refunds": report.refunds_looked_up},
        "money": {
            "compared": report.money.ours,
            "repaired": report.money.repaired,
            "unexplained": report.unexplained,
            "differences": [_difference(one) for one in report.differences],
            "otherActivity": [
                {"type": kind, "currency": currency, "count": count, "amountMinor": amount}
                for kind, currency, count, amount in _others(report)
            ],
        },
    }


def _event(event: StoredEvent) -> dict[str, Any]:
    return {
        "stripeEventId": event.stripe_event_id,
        "type": event.type,
        "created": event.created,
        "sessionId": event.session_id,
    }


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "id": one.id,
        "reason": one.reason,
        "currency": one.currency,
        "amountMinor": one.amount_minor,
        "sessionId": one.session_id,
        "stripeId": one.source_id,
        "movedAt": one.moved_at,
        "foundAt": one.found_at,
    }


def _others(report: Report) -> Iterator[tuple[str, str, int, int]]:
    for (kind, currency), count in sorted(report.money.others.items()):
        yield kind, currency, count, report.money.other_sums[kind, currency]


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
    yield "Webhooks that were lost, and are processed now", ("id", "type", "happened (UTC)", "session"), lost
    columns: tuple[str, ...] = ("id", "what is wrong", ">amount", "session", "at Stripe", "moved (UTC)")
    differing: list[list[object]] = [
        [one.id, one.reason, money(one.amount_minor, one.currency), one.session_id, one.source_id, one.moved_at]
        for one in report.differences
    ]
    yield "Money that stays unexplained", columns, differing
    columns = ("type", ">how often", ">in all")
    others: list[list[object]] = [
        [kind, count, money(amount, currency)] for kind, currency, count, amount in _others(report)
    ]
    yield "What else moved on the account", columns, others
