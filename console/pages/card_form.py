"""Stripe's card fields on the buyer's page: what they are loaded from, and whom the page must trust for it.

The fields are Stripe's own frames; what is typed goes to Stripe and never to us.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from console.pages.stages import payable_attempt
from domain.payment import Payment
from runtime.settings import Settings

_SCRIPT: Final = "https://js.stripe.com/v3/"
#: https://docs.stripe.com/security/guide#content-security-policy, as of November 2026.
_STRIPES: Final = {
    "script-src": "https://js.stripe.com https://*.js.stripe.com",
    "frame-src": "https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com",
    "connect-src": "https://api.stripe.com",
}
#: What `gavelpay run` writes where a real Stripe's publishable key was not given.
_NOT_GIVEN: Final = "_not_given"


@dataclass(frozen=True, slots=True)
class CardForm:
    """What the page needs to show card fields for one payment."""

    script_url: str
    publishable_key: str
    client_secret: str
    #: Further hosts that the page's policy names, by directive.
    hosts: Mapping[str, str]


def card_form_for(payment: Payment, settings: Settings) -> CardForm | None:
    """The card fields of a payment; None where it is paid on Stripe's page, or no publishable key is known."""
    attempt, key = payable_attempt(payment), settings.stripe.publishable_key
    if attempt is None or attempt.client_secret is None or key is None or key.endswith(_NOT_GIVEN):
        return None
    base = settings.stripe.api_base
    if base is None:
        return CardForm(_SCRIPT, key, attempt.client_secret, _STRIPES)
    # A sandbox brings its own stand-in for Stripe's script.
    return CardForm(f"{base}/v3/", key, attempt.client_secret, dict.fromkeys(_STRIPES, base))
