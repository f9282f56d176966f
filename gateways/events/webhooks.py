"""Outgoing events as signed HTTP webhooks (Standard Webhooks)."""

from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPException
from typing import Final

from standardwebhooks import Webhook

from domain.clock import Clock
from domain.endpoint import BUDGET
from domain.errors import GatewayBusy, GatewayRefused, GatewayUnavailable, ReceiverGone
from domain.messaging import OutgoingEvent
from domain.tracing import traceparent
from gateways.downstream import Address, body_of, message_id
from gateways.events.exchange import Answer, Exchange

#: Seconds for one whole exchange.
SECONDS: Final = 10.0
#: These say that something is wrong with what was sent; all others that something is wrong with the receiver.
_REFUSED: Final = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
_GOOD: Final = range(200, 300)


class Webhooks:
    """Sends events by HTTP. Id and body never change between tries, so that a repeat is recognisable.

    Args:
        address: where to, and by which secret.
        now: the clock.
        traced: whether the payment's trace is kept and may be gone on with.
        seconds: for one whole exchange.
    """

    def __init__(self, address: Address, now: Clock, *, traced: bool = False, seconds: float = SECONDS) -> None:
        self._name = address.name
        self._webhook = Webhook(address.secret)
        self._exchange = Exchange(address.url, seconds=seconds, connections=BUDGET)
        self._now = now
        self._traced = traced

    def send(self, event: OutgoingEvent, *, late: bool = False) -> None:
        """Send one event; a redirect or an error is no receipt.

        Raises:
            GatewayUnavailable: it was not received, or nobody knows.
            GatewayBusy: the receiver wants to be asked later.
            GatewayRefused: the receiver finds something wrong with this event.
            ReceiverGone: the receiver wants no more events.
        """
        body, name, now = body_of(event), message_id(event), self._now()
        headers = {
            "content-type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(name, now, body.decode()),
            "user-agent": "Gavelpay-Webhooks/1",
        }
        if late:
            headers["webhook-late"] = "true"
        if self._traced and event.session_id is not None:
            headers["traceparent"] = traceparent(event.session_id)
        try:
            answer = self._exchange.post(body, headers)
        except (OSError, HTTPException, ValueError) as error:
            raise GatewayUnavailable(f"{self._name} did not answer: {_words(error)}") from error
        _judge(self._name, answer, now)

    def close(self) -> None:
        """Close all connections."""
        self._exchange.close()


def _judge(name: str, answer: Answer, now: datetime) -> None:
    said = f"{name} answered {answer.status}"
    wait = _seconds(answer.retry_after, now)
    if answer.status in _GOOD:
        return
    if answer.status == HTTPStatus.GONE:
        raise ReceiverGone(f"{said} (gone)")
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or (
        answer.status == HTTPStatus.SERVICE_UNAVAILABLE and wait is not None
    ):
        raise GatewayBusy(said, retry_after=wait)
    if answer.status in _REFUSED:
        raise GatewayRefused(said)
    raise GatewayUnavailable(said)


def _seconds(value: str | None, now: datetime) -> float | None:
    """What a `Retry-After` asks for: seconds, or a date."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value[:12])
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200] if str(error) else type(error).__name__
