"""A RabbitMQ that has agreed to a connection and then says no more holds nobody for long."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

import pytest

from domain.bells import OPEN_CHECKOUTS
from domain.errors import GatewayUnavailable
from domain.messaging import OutgoingEvent
from gateways.queue.depths import RabbitDepths
from gateways.queue.outgoing import RabbitEvents
from gateways.queue.put_back import RabbitPutBack
from gateways.queue.rabbit_broker import RabbitWorkBroker, parameters
from gateways.queue.rings import RabbitRing
from tests.gateways.queue.silent_rabbit import silent_rabbit

NOW = datetime(2026, 11, 21, tzinfo=UTC)
#: Of a test that would otherwise wait for ever.
SECONDS = 20.0


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with silent_rabbit() as url:
        yield url


def in_time(*acts: Callable[[], object]) -> list[object]:
    """What each gives, or raises; all at the same time, and not for ever."""
    outcomes: dict[int, object] = {}

    def do(number: int, act: Callable[[], object]) -> None:
        try:
            outcomes[number] = act()
        except Exception as error:  # noqa: BLE001 - it is the outcome
            outcomes[number] = error

    threads = [threading.Thread(target=do, args=one, daemon=True) for one in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    return [outcomes.get(number, "waits for ever") for number in range(len(acts))]


def test_whoever_asks_it_is_answered_in_time_that_it_is_away(url: str) -> None:
    given = partial(parameters, url, None, 0.1)
    broker = RabbitWorkBroker(given())
    broker.queues.add("checkouts")
    ring, events = RabbitRing(given()), RabbitEvents(given(), "outgoing", lambda: NOW)
    event = OutgoingEvent(uuid4(), "auction.sold", "auction-1", 1, None, {}, NOW)
    outcomes = in_time(
        lambda: RabbitDepths(given())(["checkouts"]),
        broker.depths,
        lambda: RabbitPutBack(given())("checkouts", b"a message"),
        lambda: events.send(event),
        lambda: events.send(event),
        lambda: ring(Counter({OPEN_CHECKOUTS: 1})),
        lambda: ring(Counter({OPEN_CHECKOUTS: 1})),
    )
    assert outcomes[:2] == [None, {}]
    assert [type(outcome) for outcome in outcomes[2:5]] == [GatewayUnavailable] * 3
    assert outcomes[5:] == [None, None]
    events.close()
    ring.close()
