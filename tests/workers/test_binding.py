"""What becomes of a batch of messages in a worker's hand."""

import threading
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest
from redis import Redis

from domain.messages import PaymentRequired
from gateways.queue.received import Received, receive
from gateways.queue.redis_broker import RedisWorkBroker
from tests.workers.house import request
from workers.binding import Binder
from workers.life import Gate, WorkerApp
from workers.measuring import unmeasured

Q = "payment_required"


def batch(*auctions: int) -> Received:
    found = [
        receive(
            orjson.dumps({"queue_name": Q, "actor_name": Q, "args": [], "kwargs": request(number), "options": {}}),
            Q,
            str(number).encode(),
            {Q},
        )
        for number in auctions
    ]
    first, *found[0].also = found
    return first


def test_what_is_interrupted_goes_back_and_is_not_acknowledged() -> None:
    def require_payments(_requests: Sequence[PaymentRequired]) -> list[Any]:
        raise SystemExit

    gate = Gate()
    gate.heard(frozenset())
    broker = RedisWorkBroker(Redis())
    app = cast("WorkerApp", SimpleNamespace(require_payments=require_payments))
    Binder(broker, app, lambda _: None, 1, frozenset(), threading.Event(), unmeasured, gate).bind()
    first = batch(1, 2, 3)
    with pytest.raises(SystemExit):
        broker.actors[Q].fn(first)
    assert [one.is_returned for one in first.together] == [True, True, True]
