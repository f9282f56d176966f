"""`gavelpay sessions refund`: send money back, agree to it, or decline it."""

from typing import Any, Final
from uuid import UUID

import click

from cli.acting import acting_user
from cli.opening import open_app
from cli.printing import PlainCommand, as_json, money, print_facts, print_json
from domain.money import Money
from domain.refund_requests import RefundPlan
from domain.remaining import Owed
from domain.transaction import Refund

_EXAMPLES: Final = """\b
Examples:
Example: gavelpay sessions refund 0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11 --amount 10.00 --reason 'scratched' --dry-run
Example: gavelpay sessions refund 0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11 --reason 'agreed with Ann' --approve REFUND
Example: gavelpay sessions refund 0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11 --payment-intent pi_3Qx --settled --dry-run
Example: gavelpay sessions refund 0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11 --settled --amount 10.00 --reason 'wire'
"""


@click.command("refund", cls=PlainCommand, epilog=_EXAMPLES)
@click.argument("session_id", type=click.UUID)
@click.option("--amount", metavar="10.00", help="How much, in major units; without it, all of it.")
@click.option("--payment-intent", metavar="pi_…", help="Which money, where the payment has more than one.")
@click.option("--reason", help="Why, for the record. Needed for whatever is done.")
@click.option("--approve", type=click.UUID, metavar="REFUND", help="Agree to a refund that somebody else asked for.")
@click.option("--decline", type=click.UUID, metavar="REFUND", help="Decline one, or take back your own.")
@click.option("--settled", is_flag=True, help="What failed has reached its buyer another way.")
@click.option("--dry-run", is_flag=True, help="Show what would happen; change nothing.")
@as_json
def refund_session(
    *,
    session_id: UUID,
    amount: str | None,
    payment_intent: str | None,
    reason: str | None,
    approve: UUID | None,
    decline: UUID | None,
    settled: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Send money back, in full or in part. Large refunds wait for a second person: --approve, or --decline."""
    decided = sum(map(bool, (approve, decline, settled)))
    if decided > 1 or ((approve or decline) and (dry_run or amount or payment_intent)):
        raise click.UsageError(
            "--approve, --decline and --settled stand alone, with --reason; --settled may say which money and how much."
        )
    if dry_run:
        with open_app() as app:
            if settled:
                owed = app.decide_refund.to_settle(session_id, amount=amount, payment_intent=payment_intent)
                _show_owed(owed, as_json=as_json)
                return
            plan = app.request_refund.preview(session_id, amount=amount, payment_intent=payment_intent)
        _show_plan(plan, as_json=as_json)
        return
    if not reason:
        raise click.UsageError("Say why, with --reason.")
    with open_app() as app:
        if settled:
            paid = app.decide_refund.settle(
                session_id, reason=reason, actor=acting_user(), payment_intent=payment_intent, amount=amount
            )
            click.echo(f"Settled: {paid} reached the buyer another way.")
            return
        if approve:
            refund = app.decide_refund.approve(session_id, approve, reason=reason, actor=acting_user())
        elif decline:
            refund = app.decide_refund.decline(session_id, decline, reason=reason, actor=acting_user())
        else:
            refund = app.request_refund(
                session_id, reason=reason, actor=acting_user(), amount=amount, payment_intent=payment_intent
            )
    _show_refund(refund, as_json=as_json)


def _show_owed(owed: Owed, *, as_json: bool) -> None:
    came = owed.transaction
    if as_json:
        print_json(
            {
                "amount": owed.amount.major,
                "currency": owed.amount.currency,
                "stripePaymentIntentId": came.stripe_payment_intent_id,
                "disposition": came.disposition,
                "refunds": [refund.id for refund in owed.refunds],
            }
        )
        return
    failed = [f"{refund.id} ({money(refund.amount_minor, refund.currency)})" for refund in owed.refunds]
    print_facts(
        [
            ("would be settled", str(owed.amount)),
            ("of", came.stripe_payment_intent_id),
            ("which is", came.disposition),
            ("refunds that did not arrive", ", ".join(failed) or "none: nothing was sent"),
        ]
    )
    click.echo("\nNothing was changed.")


def _show_plan(plan: RefundPlan, *, as_json: bool) -> None:
    if as_json:
        print_json(_plan(plan))
        return
    print_facts(
        [
            ("would go back", str(plan.amount)),
            ("of", plan.transaction.stripe_payment_intent_id),
            ("which is", plan.transaction.disposition),
            ("and leaves", str(plan.left)),
            ("out of the maker's part", str(plan.from_maker)),
            ("out of the platform's fee", str(plan.from_platform)),
            ("taken from the maker's account", plan.transaction.destination if plan.reverses_transfer else None),
            ("the sale", "is taken back: the order is canceled" if plan.takes_sale_back else "stands"),
            ("a second person", "must agree first" if plan.needs_second else "is not needed"),
        ]
    )
    click.echo("\nNothing was changed.")


def _plan(plan: RefundPlan) -> dict[str, Any]:
    return {
        "amount": plan.amount.major,
        "currency": plan.amount.currency,
        "stripePaymentIntentId": plan.transaction.stripe_payment_intent_id,
        "disposition": plan.transaction.disposition,
        "left": plan.left.major,
        "fromMaker": plan.from_maker.major,
        "fromPlatform": plan.from_platform.major,
        "reversesTransfer": plan.reverses_transfer,
        "needsSecondPerson": plan.needs_second,
        "takesSaleBack": plan.takes_sale_back,
    }


def _show_refund(refund: Refund, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "refundId": refund.id,
                "status": refund.status,
                "amount": Money(refund.currency, refund.amount_minor).major,
                "currency": refund.currency,
                "awaitsApproval": refund.awaits_approval,
                "approvalUntil": refund.approval_until,
                "requestedBy": refund.requested_by,
                "approvedBy": refund.approved_by,
            }
        )
        return
    amount = money(refund.amount_minor, refund.currency)
    if refund.awaits_approval:
        click.echo(
            f"Refund {refund.id} of {amount} waits for a second person, until {refund.approval_until:%F %R} UTC."
        )
    elif refund.failure_reason == "declined":
        click.echo(f"Refund {refund.id} of {amount} is declined.")
    else:
        click.echo(f"Refund {refund.id} of {amount} is being sent.")
