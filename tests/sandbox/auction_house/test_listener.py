"""Who may speak to the auction house."""

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from sandbox.auction_house.listener import listener

SECRET = "whsec_" + base64.b64encode(b"secret of the auction house").decode()
BODY = json.dumps({"type": "auction.sold", "data": {"auctionId": "a", "sessionId": "s"}})


class Door:
    def __init__(self, flaky: float) -> None:
        self.taken: list[tuple[str, str, bytes, Mapping[str, Any]]] = []
        self.wrong: list[str] = []
        dice = Random(1)  # noqa: S311 - not a secret
        self.app = listener({"auction": SECRET}, lambda *one: self.taken.append(one), self.wrong.append, dice, flaky)

    async def send(self, body: str = BODY, path: str = "/auction", **headers: str) -> int:
        now = datetime.now(UTC)
        signed = {
            "webhook-id": "evt_1",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SECRET).sign("evt_1", now, BODY),
        }
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://house") as client:
            return (await client.post(path, content=body, headers=signed | headers)).status_code


@pytest.fixture
def door() -> Iterator[Door]:
    return Door(flaky=0.0)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_a_signed_event_is_taken(door: Door) -> None:
    assert await door.send() == 204
    endpoint, event_id, body, event = door.taken[0]
    assert (endpoint, event_id, body) == ("auction", "evt_1", BODY.encode())
    assert event["type"] == "auction.sold"


@pytest.mark.anyio
async def test_another_body_under_the_same_signature_is_refused(door: Door) -> None:
    assert await door.send(BODY.replace("sold", "reopened")) == 401
    assert door.taken == []
    assert "does not verify" in door.wrong[0]


@pytest.mark.anyio
async def test_an_old_signature_is_refused(door: Door) -> None:
    assert await door.send(**{"webhook-timestamp": "1000000000"}) == 401


@pytest.mark.anyio
async def test_an_endpoint_without_a_secret_does_not_exist(door: Door) -> None:
    assert await door.send(path="/order") == 404


@pytest.mark.anyio
async def test_a_flaky_house_takes_the_event_and_loses_the_answer() -> None:
    door = Door(flaky=1.0)
    assert await door.send() == 503
    assert len(door.taken) == 1
