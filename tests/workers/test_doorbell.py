"""Bells: nobody who rings is missed, and no kind of work takes all threads."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

import pytest

from actors.actor import Actor
from actors.app import App
from domain.errors import GatewayUnavailable
from workers.doorbell import MOST_TURNS, Doorbell

NO_APP = cast("App", None)


def bell(work: Callable[[Any], int], ring: Callable[[Counter[str]], None] | None = None, limit: int = 1) -> Doorbell:
    return Doorbell(Actor("things.do", "things", work), NO_APP, ring or Counter().update, limit, lambda: False)


def test_it_goes_on_until_nothing_is_left() -> None:
    left = [3, 2, 1, 0]
    bell(lambda _: left.pop(0)).answer()
    assert left == []


def test_after_many_turns_it_lets_others_work_and_rings_again() -> None:
    turns: list[int] = []
    rung: Counter[str] = Counter()
    doorbell = bell(lambda _: turns.append(1) or 1, rung.update)
    doorbell.answer()
    assert len(turns) == MOST_TURNS
    assert rung == {"things.do": 1}
    assert doorbell.spare == 1


def test_who_rings_while_the_last_look_is_taken_is_not_missed() -> None:
    looking, go_on = threading.Event(), threading.Event()
    looks: list[int] = []

    def work(_app: Any) -> int:
        looks.append(1)
        looking.set()
        assert go_on.wait(30)
        return 0

    doorbell = bell(work)
    thread = threading.Thread(target=doorbell.answer)
    thread.start()
    assert looking.wait(30)
    doorbell.answer()  # returns at once: the other is at it
    assert doorbell.spare == 0
    go_on.set()
    thread.join(30)
    assert len(looks) == 2


def test_work_that_must_wait_is_put_off_and_the_place_is_free_again() -> None:
    def work(_app: Any) -> int:
        raise GatewayUnavailable("away")

    doorbell = bell(work)
    doorbell.answer()
    assert doorbell.spare == 1


def test_an_error_goes_to_who_called_and_the_place_is_free_again() -> None:
    def work(_app: Any) -> int:
        raise ZeroDivisionError

    doorbell = bell(work)
    with pytest.raises(ZeroDivisionError):
        doorbell.answer()
    assert doorbell.spare == 1


def test_told_to_stop_it_ends_after_the_piece_in_hand_and_does_not_ring() -> None:
    stopping = threading.Event()
    rung: Counter[str] = Counter()

    def work(_app: Any) -> int:
        stopping.set()
        return 1

    Doorbell(Actor("things.do", "things", work), NO_APP, rung.update, 1, stopping.is_set).answer()
    assert not rung


def test_a_kind_of_work_has_a_share_of_the_threads_or_all_where_it_is_alone() -> None:
    actor = Actor("things.do", "things", lambda _: 0, share=0.25)
    assert [actor.limit(threads, is_alone=False) for threads in (1, 3, 8)] == [1, 1, 2]
    assert actor.limit(8, is_alone=True) == 8
