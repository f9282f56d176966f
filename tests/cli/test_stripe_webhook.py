"""`gavelpay stripe-webhook ensure`."""

from collections.abc import Callable
from typing import Any

from click.testing import Result

from gateways.stripe.events import HANDLED
from tests.house import House

Run = Callable[..., Result]
Told = Callable[..., Any]
URL = "https://pay.example.com/payments/webhooks/stripe"


def test_an_endpoint_is_made_once_with_the_events_that_are_handled_and_tells_its_secret_once(
    home: House, run: Run, told: Told
) -> None:
    made = run("stripe-webhook", "ensure", "--url", URL)
    assert made.exit_code == 0
    assert made.output.count("whsec_") == 1
    again = told("stripe-webhook", "ensure", "--url", URL)
    assert (again["outcome"], again["secret"], again["duplicates"]) == ("unchanged", None, [])
    (endpoint,) = [one for one in home.stripe_has("webhook_endpoint") if one["url"] == URL]
    assert set(endpoint["enabled_events"]) == HANDLED


def test_what_somebody_changed_is_put_right_and_the_secret_stays_unknown(home: House, told: Told) -> None:
    told("stripe-webhook", "ensure", "--url", URL)
    (endpoint,) = [one for one in home.stripe_has("webhook_endpoint") if one["url"] == URL]
    endpoint["enabled_events"] = ["checkout.session.completed", "customer.created"]
    endpoint["status"] = "disabled"
    home.sandbox.core.world.store.save(endpoint)
    mended = told("stripe-webhook", "ensure", "--url", URL)
    assert (mended["outcome"], mended["secret"], mended["removed"]) == ("updated", None, ["customer.created"])
    assert set(mended["added"]) == HANDLED - {"checkout.session.completed"}
    (endpoint,) = [one for one in home.stripe_has("webhook_endpoint") if one["url"] == URL]
    assert (set(endpoint["enabled_events"]), endpoint["status"]) == (HANDLED, "enabled")


def test_an_address_that_ingest_does_not_answer_at_is_refused(run: Run) -> None:
    assert run("stripe-webhook", "ensure", "--url", "https://pay.example.com/").exit_code == 2
