"""Stripe: keys, and how hard we may knock."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from runtime.settings import forms, keys, urls
from runtime.settings.problems import Problem
from runtime.settings.secret import Secret
from runtime.settings.variable import Group, group, optional, variable

#: https://docs.stripe.com/rate-limits: 100 requests a second live, 25 in test mode and on any one endpoint.
_LIVE_PER_SECOND: Final = 100
_TEST_PER_SECOND: Final = 25
_PER_ENDPOINT: Final = 25
_SANDBOX: Final = "the sandbox's under `gavelpay run`"
# Trials against the sandbox set it very high; Stripe itself never gives so much.
_RATE: Final = forms.whole(1, 999_999_999)


class KeyMode(StrEnum):
    """Whether money is real."""

    LIVE = "live"
    TEST = "test"


@group
class StripeSettings(Group):
    """Stripe's keys, address and limits."""

    secret_key: Secret[str] | None = optional(
        "STRIPE_SECRET_KEY", keys.stripe_secret_key(), "Stripe's secret or restricted key.", unset=_SANDBOX
    )
    publishable_key: str | None = optional(
        "STRIPE_PUBLISHABLE_KEY",
        forms.word(r"pk_(test|live)_[A-Za-z0-9_]+", "a key such as pk_test_… or pk_live_…"),
        "Stripe's key for the buyer's page.",
        unset=_SANDBOX,
    )
    webhook_secrets: tuple[Secret[str], ...] = variable(
        "STRIPE_WEBHOOK_SECRET",
        keys.stripe_webhook_secrets(),
        "Signing secrets of Stripe's webhooks; two while one is being rolled.",
        default="",
        unset=_SANDBOX,
    )
    api_base: str | None = optional(
        "STRIPE_API_BASE",
        urls.web_url(plain_http=True, origin_only=True),
        "Another address for Stripe's API, such as a sandbox.",
        unset="Stripe's",
    )
    max_requests_per_second: int | None = optional(
        "STRIPE_MAX_REQUESTS_PER_SECOND", _RATE, "The limit over all endpoints.", unset="by key mode: live 100, test 25"
    )
    max_requests_per_endpoint: int | None = optional(
        "STRIPE_MAX_REQUESTS_PER_ENDPOINT",
        _RATE,
        "The limit on one endpoint, a second.",
        unset="the larger of 25 and a quarter of the total",
    )

    @property
    def key_mode(self) -> KeyMode:
        """Live as soon as either key is live; without keys it is the sandbox, which is test."""
        secret = self.secret_key.reveal() if self.secret_key else ""
        live = any(key.startswith(("sk_live_", "rk_live_", "pk_live_")) for key in (secret, self.publishable_key or ""))
        return KeyMode.LIVE if live else KeyMode.TEST

    @property
    def requests_per_second(self) -> int:
        """Requests a second that may be made in all."""
        if self.max_requests_per_second is not None:
            return self.max_requests_per_second
        return _LIVE_PER_SECOND if self.key_mode is KeyMode.LIVE else _TEST_PER_SECOND

    @property
    def requests_per_endpoint(self) -> int:
        """Requests a second that may be made to one endpoint."""
        if self.max_requests_per_endpoint is not None:
            return self.max_requests_per_endpoint
        return max(_PER_ENDPOINT, self.requests_per_second // 4)

    def problems(self) -> Iterator[Problem]:
        """Keys of both modes at once, and live keys sent in the clear."""
        if self.secret_key and self.publishable_key:
            secret_mode, public_mode = self.secret_key.reveal().split("_")[1], self.publishable_key.split("_")[1]
            if secret_mode != public_mode:
                right = f"a {secret_mode} key as STRIPE_SECRET_KEY is"
                yield Problem("STRIPE_PUBLISHABLE_KEY", f"is a {public_mode} key", right)
        if self.key_mode is KeyMode.LIVE and self.api_base and not self.api_base.startswith("https://"):
            yield Problem("STRIPE_API_BASE", "is not encrypted, and the key is live", "an https:// address")
