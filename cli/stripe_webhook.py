"""`gavelpay stripe-webhook`: the endpoint at Stripe that sends us its events."""

from uuid import uuid4

import click

from cli.opening import read_settings
from cli.printing import PlainGroup, as_json, print_json
from runtime.clock import SystemClock
from runtime.operator_stripe import build_operator_stripe
from runtime.settings import Role
from services.ensure_webhook_endpoint import Ensured, Outcome, ensure_webhook_endpoint

#: Where `ingest` takes webhooks.
_PATH = "/payments/webhooks/stripe"


@click.group("stripe-webhook", cls=PlainGroup)
def stripe_webhook() -> None:
    """Register with Stripe what it is to send, and where."""


@stripe_webhook.command(epilog="Example: gavelpay stripe-webhook ensure --url https://pay.example.com" + _PATH)
@click.option("--url", required=True, help=f"The public address of `ingest`, ending in {_PATH}.")
@as_json
def ensure(*, url: str, as_json: bool) -> None:
    """Have Stripe send exactly the events that are handled to this address. Safe to run again.

    A new endpoint's signing secret is printed, this one time: Stripe never tells it again. Put it into
    STRIPE_WEBHOOK_SECRET, beside the old one while that is being rolled. With a live key the address must be https.
    """
    if not url.endswith(_PATH):
        raise click.UsageError(f"the address must end in {_PATH}")
    settings = read_settings(Role.RUN, needs=("STRIPE_SECRET_KEY",))
    stripe = build_operator_stripe(settings, SystemClock())
    try:
        outcome = ensure_webhook_endpoint(stripe, url, idempotency_key=f"stripe-webhook:{uuid4()}")
    finally:
        stripe.close_connections()
    if as_json:
        print_json(_document(outcome))
    else:
        _print(outcome)


def _document(outcome: Outcome) -> dict[str, object]:
    return {
        "id": outcome.endpoint.id,
        "url": outcome.endpoint.url,
        "outcome": outcome.did,
        "added": outcome.added,
        "removed": outcome.removed,
        "secret": outcome.endpoint.secret,
        "apiVersion": outcome.endpoint.api_version,
        "duplicates": outcome.duplicates,
    }


def _print(outcome: Outcome) -> None:
    endpoint = outcome.endpoint
    said = {
        Ensured.CREATED: f"{endpoint.id} is new: Stripe sends it {len(endpoint.event_types)} types of events.",
        Ensured.UPDATED: f"{endpoint.id} was changed: {_listed('added', outcome.added)}"
        f"{_listed('removed', outcome.removed)}and it is enabled.",
        Ensured.UNCHANGED: f"{endpoint.id} is as it should be.",
    }
    click.echo(said[outcome.did])
    if endpoint.secret:
        click.echo(f"Its signing secret, for STRIPE_WEBHOOK_SECRET; it is not shown again:\n{endpoint.secret}")
    if outcome.speaks_another_version:
        click.echo(
            f"It writes events as of {endpoint.api_version}, which cannot be changed: delete it at Stripe, and run this"
            " again.",
            err=True,
        )
    for other in outcome.duplicates:
        click.echo(f"{other} has the same address: every event comes twice. Delete it at Stripe.", err=True)


def _listed(what: str, types: tuple[str, ...]) -> str:
    return f"{what} {', '.join(types)}; " if types else ""
