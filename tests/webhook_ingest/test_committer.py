"""The committer by itself: what it holds is bounded."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from domain.errors import TransientError
from domain.messaging import StoredEvent
from tests.webhook_ingest.harness import PATIENCE, stored_event
from webhook_ingest.committer import Committer, Overloaded
from webhook_ingest.limits import Limits
from webhook_ingest.outcomes import Outcome


class Slow:
    """Stores nothing until it is let go on, and remembers its batches."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.begun = threading.Event()
        self.batches: list[list[str]] = []

    def __call__(self, events: Sequence[StoredEvent]) -> None:
        self.batches.append([event.stripe_event_id for event in events])
        self.begun.set()
        assert self.go_on.wait(PATIENCE)


class Told:
    """Waits for a commit, and remembers what it heard."""

    def __init__(self, event: StoredEvent) -> None:
        self.event = event
        self.answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def settle(self, outcome: Outcome) -> None:
        self.answer.set_result(outcome)


def submit(committer: Committer, event: StoredEvent) -> asyncio.Future[Outcome]:
    told = Told(event)
    committer.submit(told)
    return told.answer


@pytest.mark.parametrize("limits", [Limits(waiting_events=3), Limits(waiting_bytes=3 * 1000)])
def test_more_than_it_can_hold_is_refused_until_some_is_stored(limits: Limits) -> None:
    async def scenario() -> None:
        slow = Slow()
        committer = Committer(slow, limits)
        committer.start()
        answers = [submit(committer, stored_event(f"evt_{number}", size=1000)) for number in range(3)]
        for _ in range(2):
            with pytest.raises(Overloaded):
                submit(committer, stored_event())
        assert committer.waiting == 3
        slow.go_on.set()
        assert await asyncio.gather(*answers) == [Outcome.STORED] * 3
        assert committer.waiting == 0
        assert await submit(committer, stored_event()) is Outcome.STORED
        await committer.stop()

    asyncio.run(scenario())


@pytest.mark.parametrize("limits", [Limits(batch_events=4), Limits(batch_bytes=4 * 1000)])
def test_a_batch_is_bounded_and_in_the_order_of_its_ids(limits: Limits) -> None:
    async def scenario() -> None:
        slow = Slow()
        committer = Committer(slow, limits)
        committer.start()
        answers = [submit(committer, stored_event("evt_z", size=1000))]
        assert await asyncio.to_thread(slow.begun.wait, PATIENCE)
        answers += [submit(committer, stored_event(f"evt_{number}", size=1000)) for number in (4, 3, 2, 1, 5)]
        slow.go_on.set()
        await asyncio.gather(*answers)
        await committer.stop()
        assert slow.batches == [["evt_z"], ["evt_1", "evt_2", "evt_3", "evt_4"], ["evt_5"]]

    asyncio.run(scenario())


def test_stopping_stores_what_was_taken_and_takes_nothing_more() -> None:
    async def scenario() -> None:
        slow = Slow()
        committer = Committer(slow, Limits())
        with pytest.raises(Overloaded):
            submit(committer, stored_event())
        committer.start()
        answers = [submit(committer, stored_event(f"evt_{number}")) for number in range(3)]
        slow.go_on.set()
        await committer.stop()
        assert await asyncio.gather(*answers) == [Outcome.STORED] * 3
        assert not committer.alive
        with pytest.raises(Overloaded):
            submit(committer, stored_event())

    asyncio.run(scenario())


def test_stopping_does_not_wait_without_end() -> None:
    slow = Slow()

    async def scenario() -> Committer:
        committer = Committer(slow, Limits(commit_seconds=0.1))
        committer.start()
        submit(committer, stored_event())
        await committer.stop()
        return committer

    committer = asyncio.run(scenario())
    slow.go_on.set()  # with the loop gone, there is nobody to tell
    committer._thread.join(PATIENCE)
    assert not committer._thread.is_alive()


def test_a_database_that_goes_away_between_single_tries_is_not_asked_for_each_of_the_rest() -> None:
    tries: list[int] = []

    def receive(events: Sequence[StoredEvent]) -> None:
        tries.append(len(events))
        if len(events) > 1:
            raise LookupError
        if len(tries) == 3:
            raise TransientError

    committer = Committer(receive, Limits())
    outcomes = committer._store([stored_event(f"evt_{number}") for number in range(5)])
    assert outcomes == [Outcome.STORED, *[Outcome.UNAVAILABLE] * 4]
    assert tries == [5, 1, 1]


def test_not_even_an_error_that_cannot_be_logged_ends_the_thread() -> None:
    class Unspeakable(TransientError):
        def __str__(self) -> str:
            raise LookupError

    def receive(events: Sequence[StoredEvent]) -> None:
        if events[0].stripe_event_id == "evt_bad":
            raise Unspeakable

    async def scenario() -> None:
        committer = Committer(receive, Limits())
        committer.start()
        assert await submit(committer, stored_event("evt_bad")) is Outcome.FAILED
        assert await submit(committer, stored_event("evt_good")) is Outcome.STORED
        await committer.stop()

    asyncio.run(scenario())
