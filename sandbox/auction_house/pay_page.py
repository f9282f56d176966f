"""Where buyers pay: Stripe's hosted page with its forms and redirects, or a card form that talks to Stripe itself."""

import asyncio
from enum import StrEnum
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import httpx

#: A page that does not load is loaded again, for this many seconds.
PATIENCE: Final = 10.0
PAUSE: Final = 0.5


class Outcome(StrEnum):
    """What the page says after the button was pressed."""

    PAID = "paid"
    DECLINED = "declined"
    ASKED_BY_BANK = "asked by the bank"
    #: Paid already, expired, or unknown: nothing was charged now.
    CLOSED = "closed"
    UNREACHABLE = "unreachable"


#: The control API's words for them.
OUTCOMES: Final = {
    "paid": Outcome.PAID,
    "declined": Outcome.DECLINED,
    "requires_action": Outcome.ASKED_BY_BANK,
}


class PayPage(Protocol):
    """What a buyer has before them."""

    async def pay(self, card: str, email: str) -> Outcome:
        """Enter a card, press the button."""

    async def confirm(self) -> Outcome:
        """Answer the bank's question with yes."""


class HostedPage:
    """Stripe's page of one checkout."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self._url = url

    async def pay(self, card: str, email: str) -> Outcome:
        """Submit the form."""
        return await self._submit(self._url, {"card": card, "email": email})

    async def confirm(self) -> Outcome:
        """Submit the form of the 3-D Secure step."""
        bare = urlsplit(self._url)._replace(query="", fragment="").geturl()
        return await self._submit(f"{bare}/authenticate", {"answer": "complete"})

    async def _submit(self, url: str, form: dict[str, str]) -> Outcome:
        answer = await _post(self._client, url, data=form)
        return Outcome.UNREACHABLE if answer is None else _outcome(url, answer)


class CardForm:
    """A card form on the house's own page. The sandbox's control API stands in for Stripe's script in the browser."""

    def __init__(self, client: httpx.AsyncClient, stripe_url: str, client_secret: str) -> None:
        self._client = client
        intent = client_secret.partition("_secret_")[0]
        self._url = f"{stripe_url.rstrip('/')}/sandbox/payment_intents/{intent}"

    async def pay(self, card: str, email: str) -> Outcome:
        """Confirm the payment with a card."""
        return await self._act("pay", {"card": card, "email": email})

    async def confirm(self) -> Outcome:
        """Pass the 3-D Secure step."""
        return await self._act("authenticate", {"passed": True})

    async def _act(self, act: str, body: dict[str, object]) -> Outcome:
        answer = await _post(self._client, f"{self._url}/{act}", json=body)
        if answer is None:
            return Outcome.UNREACHABLE
        return OUTCOMES.get(answer.json()["outcome"], Outcome.CLOSED) if answer.is_success else Outcome.CLOSED


async def _post(client: httpx.AsyncClient, url: str, **content: Any) -> httpx.Response | None:
    """Send it. What was not sent is sent again for a while; after any other failure a person would look, not pay."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE
    while True:
        try:
            return await client.post(url, follow_redirects=False, **content)
        except httpx.ConnectError:
            if loop.time() >= deadline:
                return None
            await asyncio.sleep(PAUSE)
        except httpx.HTTPError:
            return None


def _outcome(url: str, answer: httpx.Response) -> Outcome:
    if answer.status_code == httpx.codes.SEE_OTHER:
        there = urlsplit(answer.headers["location"])
        stays = there.path.startswith("/c/pay/") and there.netloc in {"", urlsplit(url).netloc}
        return Outcome.ASKED_BY_BANK if stays else Outcome.PAID
    return Outcome.DECLINED if answer.status_code == httpx.codes.PAYMENT_REQUIRED else Outcome.CLOSED
