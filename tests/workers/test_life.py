"""Signs of life, and the gate that pauses shut."""

import threading
from collections.abc import Mapping
from typing import Any, cast

from actors.actor import Actor
from actors.app import App
from domain.errors import GatewayUnavailable
from tests.workers.house import House, request, wait_until
from workers.doorbell import Doorbell
from workers.life import Gate, Life, Taken
from workers.net import Net


class Listener:
    """Hears signs of life, and answers what it is told to."""

    def __init__(self) -> None:
        self.reports: list[Mapping[str, Any]] = []
        self.answer: frozenset[str] | Exception = frozenset()

    def __call__(self, report: Mapping[str, Any], /) -> frozenset[str]:
        self.reports.append(report)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def leave(self) -> None:
        raise GatewayUnavailable("away")


def alive(listener: Listener, gate: Gate, bell: Doorbell, taken: Taken | None = None) -> Life:
    return Life(listener, gate, {"a.do": bell}, {"q": taken or Taken()}, queues=["a"], threads=2)


def bell(gate: Gate, left: list[int]) -> Doorbell:
    work = lambda _app: left.pop() if left else 0  # noqa: E731 - as an actor is
    return Doorbell(Actor("a.do", "a", work), cast("App", None), lambda _: None, 2, lambda: gate.is_shut("a"))


def test_nothing_is_begun_before_it_is_known_what_is_paused() -> None:
    gate, listener = Gate(), Listener()
    listener.answer = GatewayUnavailable("away")
    doorbell = bell(gate, [3])
    life = alive(listener, gate, doorbell)
    life.beat()
    doorbell.answer()
    assert (doorbell.done, gate.is_shut("a")) == (0, True)
    listener.answer = frozenset()
    life.beat()
    doorbell.answer()
    assert doorbell.done == 3


def test_what_was_heard_last_stands_while_nobody_answers() -> None:
    gate, listener = Gate(), Listener()
    life = alive(listener, gate, bell(gate, []))
    listener.answer = frozenset({"a"})
    life.beat()
    for trouble in (GatewayUnavailable("away"), ZeroDivisionError()):
        listener.answer = trouble
        life.beat()
        assert gate.is_shut("a")
        assert not gate.is_shut("b")


def test_what_waiting_does_not_heal_lets_work_go_on() -> None:
    gate, listener = Gate(), Listener()
    listener.answer = ZeroDivisionError()
    alive(listener, gate, bell(gate, [])).beat()
    assert not gate.is_shut("a")


def test_a_pause_ends_turns_and_the_net_rings_for_nothing_paused() -> None:
    gate = Gate()
    gate.heard(frozenset())
    left = [1, 1, 1]

    def work(_app: App) -> int:
        if len(left) == 2:
            gate.heard(frozenset({"a"}))
        return left.pop()

    rung: list[str] = []
    doorbell = Doorbell(Actor("a.do", "a", work), cast("App", None), lambda _: None, 2, lambda: gate.is_shut("a"))
    due = type("Due", (), {"due": {"a.do": lambda: len(left)}})()
    net = Net(due, {"a.do": doorbell}, rung.append, threading.Event())
    doorbell.answer()
    net.look()
    assert (len(left), rung, doorbell.busy) == (1, [], 0)
    gate.heard(frozenset())
    net.look()
    assert rung == ["a.do"]


def test_it_tells_what_is_in_hand_and_what_was_done() -> None:
    gate, listener, taken = Gate(), Listener(), Taken()
    gate.heard(frozenset())
    doorbell = bell(gate, [5, 2])
    life = alive(listener, gate, doorbell, taken)
    life.beat()
    doorbell.answer()
    taken.begin(1)
    life.start()
    life.stop()
    assert listener.reports[1] | {"seconds": 0} == {
        "queues": ["a"],
        "threads": 2,
        "busy": {"q": 1},
        "done": {"a": 7},
        "seconds": 0,
    }


def test_a_paused_worker_leaves_messages_and_work_where_they_are_and_loses_none(house: House) -> None:
    house.add_due("windows.expire", "one")
    (house.root / "paused").write_text("payment_required windows")
    house.start(threads=2)
    wait_until(house.started)
    for number in range(5):
        house.send(request(number))
    house.add_due("events.process", "two")
    wait_until(lambda: house.done("events.process") == ["two"])
    assert (house.values("required"), house.done("windows.expire")) == ([], [])
    assert house.redis.llen("dramatiq:payment_required") == 5
    (house.root / "paused").unlink()
    wait_until(lambda: len(house.values("required")) == 5)
    wait_until(lambda: house.done("windows.expire") == ["one"])
    (house.root / "paused").write_text("payment_required")
    wait_until(lambda: "queue.paused" in house.output().rpartition("queue.resumed")[2])
    house.send(request(6))
    house.stop_all()  # while it is paused
    assert house.redis.llen("dramatiq:payment_required") == 1
    assert len(house.values("required")) == 5
