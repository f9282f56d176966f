"""The net: due work that nobody rang for is found, and a database that is away is borne."""

import threading
from typing import Any, cast

from actors.actor import Actor
from actors.app import App
from domain.errors import GatewayUnavailable
from workers.doorbell import Doorbell
from workers.net import Net


class Due:
    def __init__(self, **due: Any) -> None:
        self.due = due


def doorbells(*names: str, limit: int = 2) -> dict[str, Doorbell]:
    return {
        name: Doorbell(Actor(name, name, lambda _: 0), cast("App", None), lambda _: None, limit, lambda: False)
        for name in names
    }


def net(app: Due, bells: dict[str, Doorbell], rung: list[str], stopping: threading.Event | None = None) -> Net:
    return Net(cast("App", app), bells, rung.append, stopping or threading.Event(), seconds=0.01)


def away() -> int:
    raise GatewayUnavailable("away")


def broken() -> int:
    raise ZeroDivisionError


def test_it_rings_for_what_is_due_as_often_as_threads_may_be_spared() -> None:
    rung: list[str] = []
    net(Due(a=lambda: 1, b=lambda: 5, c=lambda: 0), doorbells("a", "b", "c"), rung).look()
    assert rung == ["a", "b", "b"]


def test_it_does_not_ask_for_what_all_its_threads_are_at() -> None:
    rung: list[str] = []
    net(Due(a=broken), doorbells("a", limit=0), rung).look()
    assert rung == []


def test_what_cannot_be_seen_hides_nothing_else() -> None:
    rung: list[str] = []
    looking = net(Due(a=away, b=broken, c=lambda: 1), doorbells("a", "b", "c"), rung)
    looking.look()
    looking.look()
    assert rung == ["c", "c"]


def test_it_looks_again_and_again_until_it_is_told_to_stop() -> None:
    rung: list[str] = []
    enough, stopping = threading.Event(), threading.Event()

    def due() -> int:
        if len(rung) >= 3:
            enough.set()
        return 1

    watching = net(Due(a=due), doorbells("a"), rung, stopping)
    watching.start()
    assert enough.wait(30)
    stopping.set()
    watching.join(30)
    assert len(rung) >= 3
    rung.clear()
    watching.look()
    assert rung == []
