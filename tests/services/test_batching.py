"""Group commit: batches hold whatever has come, and everybody gets what is theirs."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import GatewayUnavailable
from services.batching import Batcher, _Slot


def test_one_who_comes_alone_does_not_wait() -> None:
    batches: list[Sequence[int]] = []

    def work(batch: Sequence[int]) -> Sequence[str]:
        batches.append(batch)
        return [f"answer to {item}" for item in batch]

    assert Batcher(work)(1) == "answer to 1"
    assert batches == [[1]]


def test_those_who_come_while_a_batch_is_done_share_the_next_in_their_order() -> None:
    batches: list[list[int]] = []
    entered, go_on = threading.Event(), threading.Event()

    def work(batch: Sequence[int]) -> Sequence[int]:
        batches.append(list(batch))
        entered.set()
        assert go_on.wait(30)
        return batch

    batcher = Batcher(work)
    with ThreadPoolExecutor(8) as pool:
        pool.submit(batcher, 0)
        assert entered.wait(30)
        for number in range(1, 8):
            pool.submit(batcher, number)
        while len(batcher._waiting) < 7:
            pass
        go_on.set()
    assert batches[0] == [0]
    assert sorted(batches[1]) == list(range(1, 8))
    assert len(batches) == 2


@settings(max_examples=30, deadline=None)
@given(
    bad=st.sets(st.integers(0, 39)),
    largest=st.integers(1, 12),
    threads=st.integers(1, 12),
)
def test_each_item_is_done_and_only_the_bad_ones_fail(bad: set[int], largest: int, threads: int) -> None:
    done: list[int] = []
    sizes: list[int] = []

    def work(batch: Sequence[int]) -> Sequence[int]:
        sizes.append(len(batch))
        for item in batch:
            if item in bad:
                raise ValueError(item)
        done.extend(batch)  # as a transaction: all or nothing
        return [item * 2 for item in batch]

    batcher = Batcher(work, largest)
    with ThreadPoolExecutor(threads) as pool:
        results = [pool.submit(batcher, item) for item in range(40)]
    assert sorted(done) == sorted(set(range(40)) - bad)
    for item, result in enumerate(results):
        failure = result.exception()
        assert (failure is not None) == (item in bad)
        assert result.result() == item * 2 if failure is None else failure.args == (item,)
    assert max(sizes) <= largest


def test_a_failure_that_heals_by_itself_meets_the_whole_batch_and_nothing_is_done_one_by_one() -> None:
    calls: list[int] = []

    def work(batch: Sequence[int]) -> Sequence[int]:
        calls.append(len(batch))
        raise GatewayUnavailable("away")

    batcher = Batcher(work)
    with ThreadPoolExecutor(6) as pool:
        results = [pool.submit(batcher, item) for item in range(6)]
    assert all(isinstance(result.exception(), GatewayUnavailable) for result in results)
    assert sum(calls) == 6


def test_an_interrupted_batch_tells_all_that_were_in_it() -> None:
    def work(_batch: Sequence[int]) -> Sequence[int]:
        raise SystemExit

    with pytest.raises(SystemExit):
        Batcher(work)(1)


def test_an_end_of_the_process_while_items_are_done_one_by_one_tells_those_that_are_left() -> None:
    def work(batch: Sequence[int]) -> Sequence[int]:
        if len(batch) > 1:
            raise ValueError
        if batch[0] == 1:
            raise SystemExit
        return batch

    batcher = Batcher(work)
    slots = [_Slot[int, int](item) for item in range(4)]
    with pytest.raises(SystemExit):
        batcher._lead(slots)
    assert slots[0].answer == 0
    assert slots[0].error is None
    assert all(slot.done and isinstance(slot.error, SystemExit) for slot in slots[1:])


def test_who_comes_after_others_lingers_for_them_and_who_is_alone_does_not() -> None:
    sizes: list[int] = []
    together = threading.Barrier(4)

    def work(batch: Sequence[int]) -> Sequence[int]:
        sizes.append(len(batch))
        return batch

    batcher = Batcher(work, linger=30.0)
    assert batcher(1) == 1  # at once, though it might wait for long

    def come(number: int) -> None:
        together.wait(30)
        batcher(number)

    batcher._expected = 4  # as many have come lately
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(come, range(4)))
    assert sizes == [1, 4]
