"""Have Stripe send exactly the events that are handled to one address, whatever was registered there before."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from gateways.stripe.adapter import API_VERSION
from gateways.stripe.events import HANDLED
from gateways.stripe.operating import WebhookEndpoint


class Ensured(StrEnum):
    """What had to be done."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class WebhookRegistry(Protocol):
    """Stripe's list of webhook endpoints."""

    def webhook_endpoints(self) -> Sequence[WebhookEndpoint]:
        """All endpoints of the account."""

    def create_webhook_endpoint(self, url: str, event_types: Sequence[str], *, idempotency_key: str) -> WebhookEndpoint:
        """Make one."""

    def update_webhook_endpoint(
        self, endpoint_id: str, event_types: Sequence[str], *, idempotency_key: str
    ) -> WebhookEndpoint:
        """Change one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The endpoint as it is now, and what an operator should know of it."""

    endpoint: WebhookEndpoint
    did: Ensured
    #: Types that are sent now and were not before, and those that are sent no more.
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    #: Others with the same address: each event comes once for each of them.
    duplicates: tuple[str, ...] = ()

    @property
    def speaks_another_version(self) -> bool:
        """Stripe cannot change it: such an endpoint has to be made anew."""
        return self.endpoint.api_version not in (None, API_VERSION)


def ensure_webhook_endpoint(stripe: WebhookRegistry, url: str, *, idempotency_key: str) -> Outcome:
    """Make or mend the endpoint with this address. Run twice, the second run changes nothing.

    Args:
        stripe: where endpoints are registered.
        url: the public address of `ingest`'s webhook path.
        idempotency_key: of this run.

    Raises:
        GatewayRefused: Stripe does not take the address, or has no room for more endpoints.
    """
    types = sorted(HANDLED)
    same = [one for one in stripe.webhook_endpoints() if one.url == url]
    if not same:
        made = stripe.create_webhook_endpoint(url, types, idempotency_key=idempotency_key)
        return Outcome(made, Ensured.CREATED, added=tuple(types))
    known = max(same, key=lambda one: (one.api_version == API_VERSION, one.enabled))
    others = tuple(one.id for one in same if one.id != known.id)
    if known.event_types == HANDLED and known.enabled:
        return Outcome(known, Ensured.UNCHANGED, duplicates=others)
    changed = stripe.update_webhook_endpoint(known.id, types, idempotency_key=idempotency_key)
    added, removed = HANDLED - known.event_types, known.event_types - HANDLED
    return Outcome(changed, Ensured.UPDATED, tuple(sorted(added)), tuple(sorted(removed)), others)
