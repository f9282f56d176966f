"""What operators ask of Stripe, and no payment ever does: webhook endpoints, and a test card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateways.stripe.adapter import API_VERSION, Stripe

_ENDPOINTS: Final = "/v1/webhook_endpoints"
#: A card that always pays, and exists in test mode only.
TEST_CARD: Final = "pm_card_visa"


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """An address that Stripe sends events to."""

    id: str
    url: str
    event_types: frozenset[str]
    #: How its events are written; None: as the account's default is.
    api_version: str | None
    enabled: bool
    #: What it signs with. Stripe tells it once, when the endpoint is made.
    secret: str | None = None


class OperatorStripe(Stripe):
    """Stripe, as an operator's commands use it."""

    def webhook_endpoints(self) -> Sequence[WebhookEndpoint]:
        """All endpoints of the account."""
        return [_endpoint(one) for one in self._pages("webhook_endpoint.list", _ENDPOINTS, {})]

    def create_webhook_endpoint(self, url: str, event_types: Sequence[str], *, idempotency_key: str) -> WebhookEndpoint:
        """Have events of these types sent to an address, written as this code reads them."""
        request = {"url": url, "enabled_events": list(event_types), "api_version": API_VERSION}
        return self._call(
            "webhook_endpoint.create", "post", _ENDPOINTS, request, _endpoint, idempotency_key=idempotency_key
        )

    def update_webhook_endpoint(
        self, endpoint_id: str, event_types: Sequence[str], *, idempotency_key: str
    ) -> WebhookEndpoint:
        """Have exactly these types sent, and the endpoint enabled. Its secret and its version stay."""
        request = {"enabled_events": list(event_types), "disabled": False}
        return self._call(
            "webhook_endpoint.update",
            "post",
            f"{_ENDPOINTS}/{endpoint_id}",
            request,
            _endpoint,
            idempotency_key=idempotency_key,
        )

    def pay_with_test_card(self, payment_intent_id: str, return_url: str, *, idempotency_key: str) -> str:
        """Pay an intent as a buyer with a test card would; returns its status. In live mode Stripe refuses the card."""
        return self._call(
            "payment_intent.confirm",
            "post",
            f"/v1/payment_intents/{payment_intent_id}/confirm",
            {"payment_method": TEST_CARD, "return_url": return_url},
            lambda document: str(document["status"]),
            idempotency_key=idempotency_key,
        )


def _endpoint(document: Mapping[str, Any]) -> WebhookEndpoint:
    return WebhookEndpoint(
        id=document["id"],
        url=document["url"],
        event_types=frozenset(document["enabled_events"]),
        api_version=document.get("api_version"),
        enabled=document["status"] == "enabled",
        secret=document.get("secret"),
    )
