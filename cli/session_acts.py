"""`gavelpay sessions extend|terminate|retry|release`: act on a payment. Every act is audited, also a refused one."""

from datetime import timedelta
from uuid import UUID

import click

from cli.acting import acting_user, dry_run, given, why
from cli.opening import open_app
from cli.printing import as_json, print_json
from cli.sessions import sessions
from domain.money import Money
from domain.session import PaymentSession


def _stand(session: PaymentSession) -> dict[str, object]:
    """Where a payment stands after an act."""
    return {
        "sessionId": session.id,
        "status": session.status,
        "windowExpiresAt": session.window_expires_at,
        "reason": session.reason,
    }


@sessions.command(epilog="Example: gavelpay sessions extend 0199c2f0-… --minutes 120 --reason 'asked by telephone'")
@click.argument("session_id", type=click.UUID)
@click.option("--minutes", required=True, type=click.FloatRange(min=0, min_open=True), help="By how many.")
@click.option("--reason", required=True, help="Why; it is kept in the audit trail.")
@as_json
def extend(*, session_id: UUID, minutes: float, reason: str, as_json: bool) -> None:
    """Give a buyer more time, within the policy's maximum."""
    with open_app() as app:
        session = app.extend_window(session_id, timedelta(minutes=minutes), reason, acting_user())
    if as_json:
        print_json(_stand(session))
        return
    click.echo(f"The buyer has time until {session.window_expires_at:%Y-%m-%d %H:%M:%S} UTC.")


@sessions.command(epilog="Example: gavelpay sessions terminate 0199c2f0-… --reason 'the lot was withdrawn'")
@click.argument("session_id", type=click.UUID)
@click.option("--reason", required=True, help="Why; it is kept in the audit trail.")
@as_json
def terminate(*, session_id: UUID, reason: str, as_json: bool) -> None:
    """End a payment now: it is canceled, and the lot is reopened."""
    with open_app() as app:
        session = app.terminate_window(session_id, reason, acting_user())
    if as_json:
        print_json(_stand(session))
        return
    amount = Money(session.currency, session.amount_minor)
    click.echo(f"Canceled. The lot {session.auction_id} is reopened; if {amount} comes all the same, it goes back.")


@sessions.command(epilog="Example: gavelpay sessions retry 0199c2f0-…")
@click.argument("session_id", type=click.UUID)
@as_json
def retry(*, session_id: UUID, as_json: bool) -> None:
    """Open the next attempt of a declined payment at once."""
    with open_app() as app:
        payment = app.retry_payment(session_id, acting_user())
    number = len(payment.attempts)
    if as_json:
        print_json(_stand(payment.session) | {"closingAttempt": number})
        return
    click.echo(f"Attempt {number} is being closed at Stripe; the next one opens as soon as it is.")


@sessions.command(epilog="Example: gavelpay sessions release 0199c2f0-… --reason 'a known collector'")
@click.argument("session_id", type=click.UUID)
@click.option("--reason", required=True, help="Why; it is kept in the audit trail.")
def release(*, session_id: UUID, reason: str) -> None:
    """End a hold for risk: what was held back is opened, and money that was held is kept."""
    with open_app() as app:
        session = app.release_hold(session_id, acting_user(), reason)
    click.echo(f"Released; the payment is {session.status}.")


@sessions.command(epilog="Example: gavelpay sessions accept 0199c2f0-… --reason 'agreed with the maker'")
@click.argument("session_id", type=click.UUID)
@why
@dry_run
def accept(*, session_id: UUID, reason: str | None, dry_run: bool) -> None:
    """Sell the lot for the amount that came, although another was asked."""
    with open_app() as app:
        if dry_run:
            came, asked = app.accept_other_amount.preview(session_id)
            click.echo(f"{came} would pay for the lot, although {asked} were asked. Nothing was changed.")
            return
        session = app.accept_other_amount(session_id, acting_user(), given(reason))
    click.echo(f"The payment is {session.status}.")
