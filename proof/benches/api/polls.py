"""Requests for the status of payments, by those who may see them, with tokens as an issuer makes them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from proof.benches.load.replay import Replay
from proof.benches.payments import Asked
from runtime.tokens import CallerRole, issue_development_token

_LIFE: Final = timedelta(hours=2)


def polls(asked: Sequence[Asked], secret: str) -> Replay:
    """Half of the auction service, a third of buyers, a sixth of makers; all payments alike."""
    now = datetime.now(UTC)

    def token(subject: str, role: CallerRole) -> str:
        return issue_development_token(secret, subject, role, _LIFE, now=now)

    house = token("auction-service", CallerRole.SERVICE)
    buyers = {one.buyer_id: token(one.buyer_id, CallerRole.BUYER) for one in asked}
    makers = {one.maker_id: token(one.maker_id, CallerRole.MAKER) for one in asked}
    bearers = [(house, buyers[one.buyer_id], house, makers[one.maker_id], house, buyers[one.buyer_id]) for one in asked]
    turns = range(len(bearers[0])) if bearers else ()
    return Replay([_request(one, bearers[at][turn]) for turn in turns for at, one in enumerate(asked)])


def _request(asked: Asked, bearer: str) -> bytes:
    return (
        f"GET /payments/checkout/{asked.session_id}/status HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
        f"User-Agent: auction-house/1.0\r\nAuthorization: Bearer {bearer}\r\n\r\n"
    ).encode()
