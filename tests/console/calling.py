"""How tests call the API: over ASGI in this process, by callers of every role."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI


@dataclass(frozen=True)
class Wire:
    """A running application, called without a network."""

    api: FastAPI
    portal: BlockingPortal
    client: httpx.AsyncClient

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.portal.call(lambda: self.client.request(method, path, **options))

    def at_once(self, times: int, method: str, path: str, **options: Any) -> list[httpx.Response]:
        """The same request many times at once."""
        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(lambda _: self.request(method, path, **options), range(times)))


@contextmanager
def wired(api: FastAPI) -> Iterator[Wire]:
    """Run an application."""
    transport = httpx.ASGITransport(api, raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url="http://api.test", timeout=60)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(api.router.lifespan_context(api)):
        yield Wire(api, portal, client)
        portal.call(client.aclose)


@dataclass(frozen=True)
class Client:
    """Somebody who calls."""

    wire: Wire
    token: str | None

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = self.authorization | options.pop("headers", {})
        return self.wire.request(method, path, headers=headers, **options)

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self("GET", path, params=params or None)

    def post(self, path: str, body: Any = None) -> httpx.Response:
        return self("POST", path, json=body)

    def raw(self, path: str, body: bytes | str, content_type: str = "application/json") -> httpx.Response:
        return self("POST", path, content=body, headers={"Content-Type": content_type})

    def create(self, **changes: Any) -> str:
        """Create a checkout; gives the session's id."""
        answer = self.post("/payments/checkout/create", wanted(**changes))
        assert answer.status_code == 201, answer.text
        session_id: str = answer.json()["paymentSession"]["id"]
        return session_id


def wanted(**changes: Any) -> dict[str, Any]:
    """An ordinary request to pay; `...` leaves a field out."""
    ordinary = {
        "auctionId": "auction-1",
        "buyerId": "buyer-1",
        "makerId": "maker-1",
        "amount": 275.5,
        "currency": "USD",
        "title": "A vase",
    }
    return {key: value for key, value in (ordinary | changes).items() if value is not ...}
