"""`gavelpay sessions`: look at payments, and step in."""

from collections.abc import Iterator
from datetime import UTC
from uuid import UUID

import click

from cli.exporting import export_sessions
from cli.opening import open_app
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
from cli.refunding import refund_session
from console.api import views
from domain.attempt import CheckoutAttempt
from domain.dispute import Dispute
from domain.lifecycle import Status
from domain.messaging import AuditEntry
from domain.payment import Payment
from domain.risk import RiskSignal
from domain.standing.explanation import Duty, Explanation
from domain.telling import Audience
from domain.transaction import Refund, Transaction
from models.payment_search import Wish


@click.group(cls=PlainGroup)
def sessions() -> None:
    """Look at payment sessions, and step in."""


sessions.add_command(refund_session)
sessions.add_command(export_sessions)


@sessions.command("list", epilog="Example: gavelpay sessions list --search D21E42A9 --limit 20")
@click.option("--status", type=click.Choice([one.value for one in Status]), help="Only sessions that stand there.")
@click.option("--auction", help="Only those of this auction.")
@click.option("--buyer", help="Only those of this buyer.")
@click.option("--search", help="A reference of eight digits, an id, an e-mail address, a receipt, an amount, a name.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 200), help="How many at most.")
@as_json
def list_sessions(
    *, status: str | None, auction: str | None, buyer: str | None, search: str | None, limit: int, as_json: bool
) -> None:
    """List sessions, newest first."""
    with open_app() as app:
        wish = Wish(q=search, status=status, auction=auction, buyer=buyer)
        found = app.desk.find_payments(wish, limit).payments
    if as_json:
        print_json([views.session_state(payment, Audience.STAFF).document() for payment in found])
        return
    rows = [_row(payment) for payment in found]
    columns = ("id", "status", "auction", "buyer", ">amount", "time to pay ends", "why")
    print_table(columns, rows, empty="No payment matches.")


def _row(payment: Payment) -> list[object]:
    session = payment.session
    amount = money(session.amount_minor, session.currency)
    known = (session.id, colored(session.status), session.auction_id, session.buyer_id)
    return [*known, amount, session.window_expires_at, session.reason]


@sessions.command("show", epilog="Example: gavelpay sessions show 0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11")
@click.argument("session_id", type=click.UUID)
@as_json
def show_session(*, session_id: UUID, as_json: bool) -> None:
    """Show one session: its attempts, its money, and what happened when."""
    with open_app() as app:
        payment = app.view_payments.one(session_id)
        history = app.view_payments.history(session_id)
        explanation = app.explain_payment(session_id)
        policy, now = app.require_payments.policies[payment.session.policy], app.now()
    if as_json:
        whole = views.whole(payment, policy, now, Audience.STAFF).document()
        print_json({"explanation": explanation.document} | whole | {"timeline": [_entry(entry) for entry in history]})
        return
    _print_explanation(explanation)
    _print(payment, history)


def _print_explanation(explanation: Explanation) -> None:
    """Why it is where it is, on top of all that is known about it."""
    you = explanation.you
    facts: list[tuple[str, object]] = [("why", str(explanation.why))]
    facts += [("also", str(one)) for one in explanation.also]
    for number, step in enumerate(explanation.next):
        when = f"{step.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC: " if step.at else ""
        facts.append(("" if number else "next", f"{when}{step.text}"))
    facts.append(("you", "nothing to do" if you.kind is Duty.NOTHING else f"{you.kind}: {you.text}"))
    print_facts(facts)
    click.echo()


def _entry(entry: AuditEntry) -> dict[str, object]:
    return {"seq": entry.seq, "at": entry.at, "action": entry.action, "actor": entry.actor, "data": entry.data}


def _print(payment: Payment, history: list[AuditEntry]) -> None:
    session = payment.session
    print_facts(
        [
            ("session", str(session.id)),
            ("status", colored(session.status)),
            ("reason", session.reason),
            ("on hold since", session.held_at),
            ("on hold for", session.hold_reason),
            ("risk", session.risk_score or None),
            ("amount", money(session.amount_minor, session.currency)),
            ("title", session.title),
            ("auction", session.auction_id),
            ("buyer", session.buyer_id),
            ("maker", session.maker_id),
            ("policy", session.policy),
            ("time to pay ends", session.window_expires_at),
            ("completed", session.completed_at),
            ("closed", session.closed_at),
        ]
    )
    for title, columns, rows in _parts(payment, history):
        if rows:
            screen().print(f"\n[bold]{title}[/bold]")
            print_table(columns, rows, empty="")


def _parts(payment: Payment, history: list[AuditEntry]) -> Iterator[tuple[str, tuple[str, ...], list[list[object]]]]:
    """Title, columns and rows of each table."""
    columns: tuple[str, ...] = ("no", "status", "at Stripe", "opened", "what went wrong")
    yield "Attempts", columns, [_attempt(one) for one in payment.attempts]
    columns = ("payment intent", "status", "disposition", ">amount", ">Stripe's fee", "paid")
    yield "Money", columns, [_transaction(one) for one in payment.transactions]
    columns = ("id", "status", ">amount", "why", "asked for by", "agreed to by", "what went wrong")
    yield "Refunds", columns, [_refund(one) for one in payment.refunds]
    columns = ("id", "status", ">amount", "why", "answer until", ">Stripe's fee")
    yield "Disputes", columns, [_dispute(one) for one in payment.disputes]
    yield "Risk", ("when", "what", ">points", "told by"), [_signal(one) for one in payment.signals]
    columns = ("when", "what", "who", "")
    yield "Timeline (UTC)", columns, [[one.at, one.action, one.actor, _data(one)] for one in history]


def _attempt(one: CheckoutAttempt) -> list[object]:
    at_stripe = one.stripe_checkout_id or one.stripe_payment_intent_id
    return [one.attempt_no, one.status, at_stripe, one.opened_at, one.decline_code or one.last_error]


def _transaction(one: Transaction) -> list[object]:
    settled = one.settlement_currency or one.currency
    fee = None if one.stripe_fee_minor is None else money(one.stripe_fee_minor, settled)
    amount = money(one.amount_minor, one.currency)
    return [one.stripe_payment_intent_id, one.status, one.disposition, amount, fee, one.paid_at]


def _signal(one: RiskSignal) -> list[object]:
    return [one.at, one.kind, one.points, one.source]


def _refund(one: Refund) -> list[object]:
    status = "waits for a second person" if one.awaits_approval else one.status
    people = (one.requested_by, one.approved_by)
    return [one.id, status, money(one.amount_minor, one.currency), one.reason, *people, one.failure_reason]


def _dispute(one: Dispute) -> list[object]:
    fee = money(one.fee_minor, one.fee_currency) if one.fee_currency else None
    amount = money(one.amount_minor, one.currency)
    return [one.stripe_dispute_id, one.status, amount, one.reason, one.evidence_due_at, fee]


def _data(entry: AuditEntry) -> str:
    return " ".join(f"{name}={value}" for name, value in entry.data.items())
