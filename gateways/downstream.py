"""The services downstream: outgoing events as signed HTTP webhooks (Standard Webhooks)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import httpx
import orjson
from standardwebhooks import Webhook

from domain.clock import Clock
from domain.errors import GatewayUnavailable
from domain.messaging import OutgoingEvent

#: Bytes of an answer that are read at most: nobody downstream can fill our memory.
_ANSWER: Final = 64 * 1024
#: Seconds for the whole exchange.
_TIMEOUT: Final = 10.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one service listens, and the secret that it knows us by (`whsec_…`)."""

    name: str
    url: str
    secret: str


class Downstream(Protocol):
    """Whoever is told of outgoing events."""

    def send(self, endpoint: str, event: OutgoingEvent) -> None:
        """Tell one endpoint of one event; return when it has said that it has it.

        Raises:
            GatewayUnavailable: it has not; tell it again.
        """


class Webhooks:
    """Sends outgoing events by HTTP. The id never changes between tries, so that a repeat is recognisable."""

    def __init__(self, endpoints: Mapping[str, Endpoint], now: Clock, *, timeout: float = _TIMEOUT) -> None:
        self._endpoints = endpoints
        self._now = now
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout, connect=min(timeout, 5.0)), follow_redirects=False, trust_env=False
        )

    def send(self, endpoint: str, event: OutgoingEvent) -> None:
        """Tell one endpoint of one event; a redirect or an error is no receipt."""
        target = self._endpoints.get(endpoint)
        if target is None:
            raise GatewayUnavailable(f"endpoint {endpoint} is not configured in this process")
        body = body_of(event)
        message_id, now = f"evt_{event.id.hex}", self._now()
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(target.secret).sign(message_id, now, body.decode()),
            "user-agent": "Gavelpay-Webhooks",
        }
        try:
            with self._client.stream("POST", target.url, content=body, headers=headers) as response:
                for read, chunk in enumerate(response.iter_bytes(4096)):
                    if read * 4096 + len(chunk) > _ANSWER:
                        break
                status = response.status_code
        except httpx.HTTPError as error:
            raise GatewayUnavailable(f"{endpoint} did not answer: {type(error).__name__}") from error
        if not httpx.codes.is_success(status):
            raise GatewayUnavailable(f"{endpoint} answered {status}")

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


def body_of(event: OutgoingEvent) -> bytes:
    """What is sent: the same bytes at every try."""
    return orjson.dumps({"type": event.type, "timestamp": event.occurred_at.isoformat(), "data": event.body})
