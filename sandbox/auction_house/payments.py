"""The payment system's HTTP API, as far as an auction house needs it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx

from sandbox.auction_house.lots import Lot

#: A payment system that is being restarted is back within seconds.
AGAIN: Final = frozenset({202, 401, 408, 425, 429, 500, 502, 503, 504})
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0


class Refused(Exception):
    """The request can never be taken; the text says why."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """What the buyer needs."""

    session_id: str
    #: Stripe's page.
    url: str
    #: The payment system's own page for the buyer, which leads there.
    buyer_page: str | None = None


class Payments:
    """Calls with a service token. Unknown outcomes are asked again: every call is idempotent."""

    def __init__(self, client: httpx.AsyncClient, base_url: str, token: str) -> None:
        self._client = client
        self._base = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}

    async def checkout(self, lot: Lot, seconds: float) -> Checkout | None:
        """Ask for a payment, or for the present page of one that was asked for; None if none opens in time.

        Raises:
            Refused: it will never open.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        pause = FIRST_PAUSE
        while True:
            answer = await self._ask("POST", "/payments/checkout/create", json=lot.form())
            if answer is not None and answer.is_success and (found := _checkout(answer.json())):
                return found
            if answer is not None and not answer.is_success and answer.status_code not in AGAIN:
                raise Refused(f"{answer.status_code} {answer.text[:300]}")
            if asyncio.get_running_loop().time() + pause > deadline:
                return None
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    async def window_end(self, session_id: str) -> datetime | None:
        """When the time to pay is over; None if nobody says."""
        answer = await self._ask("GET", f"/payments/checkout/{session_id}/status")
        if answer is None or not answer.is_success:
            return None
        window = answer.json().get("paymentWindow") or {}
        return datetime.fromisoformat(window["expiresAt"]) if "expiresAt" in window else None

    async def _ask(self, method: str, path: str, **more: Any) -> httpx.Response | None:
        try:
            return await self._client.request(method, self._base + path, headers=self._headers, **more)
        except httpx.HTTPError:
            return None


def _checkout(body: dict[str, Any]) -> Checkout | None:
    session = body["paymentSession"]
    url = session["stripeCheckoutUrl"]
    return Checkout(session["id"], url, session.get("payPageUrl")) if url else None
