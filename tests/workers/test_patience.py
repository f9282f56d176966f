"""Patience: what heals by itself is waited for, what does not is not."""

import threading

import pytest

from domain.errors import GatewayUnavailable
from workers.patience import persist


def test_work_is_repeated_until_it_succeeds() -> None:
    failures = [GatewayUnavailable("away"), GatewayUnavailable("away")]

    def work() -> None:
        if failures:
            raise failures.pop()

    assert persist(work, threading.Event())
    assert failures == []


def test_it_ends_when_the_process_is_to_stop() -> None:
    stopping = threading.Event()
    stopping.set()

    def work() -> None:
        raise GatewayUnavailable("away")

    assert not persist(work, stopping)


def test_an_error_that_does_not_heal_is_told_at_once() -> None:
    def work() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        persist(work, threading.Event())
