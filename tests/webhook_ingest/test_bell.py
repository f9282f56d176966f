"""The bell that nobody waits for."""

import threading
from collections import Counter

from tests.webhook_ingest.harness import PATIENCE, wait_until
from webhook_ingest.bell import BackgroundBell


def test_whoever_rings_does_not_wait_and_bells_meanwhile_are_rung_together() -> None:
    rung: list[Counter[str]] = []
    begun, go_on = threading.Event(), threading.Event()

    def slow(bells: Counter[str]) -> None:
        rung.append(bells)
        begun.set()
        go_on.wait(PATIENCE)

    with BackgroundBell(slow) as bell:
        bell(Counter(a=1))
        assert begun.wait(PATIENCE)
        bell(Counter(a=1))
        bell(Counter(a=1, b=2))
        go_on.set()
    assert rung == [Counter(a=1), Counter(a=2, b=2)]


def test_a_bell_that_failed_does_not_silence_the_next() -> None:
    rung: list[Counter[str]] = []

    def first_fails(bells: Counter[str]) -> None:
        rung.append(bells)
        if len(rung) == 1:
            raise ConnectionError

    with BackgroundBell(first_fails) as bell:
        bell(Counter(a=1))
        wait_until(lambda: rung)
        bell(Counter(b=1))
    assert rung == [Counter(a=1), Counter(b=1)]


def test_the_last_bells_are_rung_before_the_end() -> None:
    rung: list[Counter[str]] = []
    bell = BackgroundBell(rung.append)
    bell(Counter(a=1))
    bell.close()
    assert rung == [Counter(a=1)]


def test_after_the_end_nothing_is_rung_and_nobody_fails() -> None:
    rung: list[Counter[str]] = []
    bell = BackgroundBell(rung.append)
    bell.close()
    bell(Counter(a=1))
    assert rung == []
