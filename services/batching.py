"""Group commit: whoever comes while a batch is being done shares the next one."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from domain.errors import TransientError

T = TypeVar("T")
R = TypeVar("R")

#: A batch is one transaction, and one transaction should not hold locks for seconds.
LARGEST_BATCH: Final = 200


class _Slot(Generic[T, R]):
    """One item, and what became of it."""

    __slots__ = ("answer", "done", "error", "item")

    def __init__(self, item: T) -> None:
        self.item = item
        self.answer: R
        self.done = False
        self.error: BaseException | None = None


class Batcher(Generic[T, R]):
    """Does the items of many threads in common batches, in the order in which they came.

    There is no thread of its own: the first to come does a batch of one, and those who come meanwhile are the next
    batch, done by one of them. Most of what a transaction costs, it costs once; so where several come again and again,
    whoever does the next batch lingers for the others.

    Args:
        work: does a batch as a whole or not at all, and answers each item of it, in order.
        largest: how many items a batch has at most.
        linger: seconds to wait for others at most, once others have come. Who is alone never waits.
    """

    def __init__(
        self, work: Callable[[Sequence[T]], Sequence[R]], largest: int = LARGEST_BATCH, *, linger: float = 0.0
    ) -> None:
        self._work = work
        self._largest = largest
        self._linger = linger
        lock = threading.Lock()
        self._changed = threading.Condition(lock)
        self._arrived = threading.Condition(lock)
        self._waiting: list[_Slot[T, R]] = []
        self._is_busy = False
        #: How many are likely to come: as many as lately came together.
        self._expected = 1
        #: How many whoever lingers waits for.
        self._enough = 0

    def __call__(self, item: T) -> R:
        """Have an item done, and get its answer.

        Raises:
            Exception: what its own work raised. One item's failure is none of the others', except that a
                TransientError of a batch meets all that were in it.
        """
        (slot,) = self._done([item])
        if slot.error is not None:
            raise slot.error
        return slot.answer

    def all(self, items: Sequence[T]) -> list[R | Exception]:
        """Have several items done; for each the answer, or what calling with it alone would have raised."""
        return [slot.answer if slot.error is None else _passed_on(slot.error) for slot in self._done(items)]

    def _done(self, items: Sequence[T]) -> list[_Slot[T, R]]:
        slots: list[_Slot[T, R]] = [_Slot(item) for item in items]
        with self._changed:
            self._waiting.extend(slots)
            if len(self._waiting) >= self._enough:
                self._arrived.notify()
        for slot in slots:
            while not slot.done:
                batch = self._next_batch(slot)
                if batch:
                    self._lead(batch)
        return slots

    def _next_batch(self, slot: _Slot[T, R]) -> list[_Slot[T, R]]:
        """The batch that the caller is to do; empty if another has done its item."""
        with self._changed:
            while self._is_busy and not slot.done:
                self._changed.wait()
            if slot.done:
                return []
            self._is_busy = True
            self._gather()
            batch = self._waiting[: self._largest]
            del self._waiting[: self._largest]
            self._expected = max(len(batch), self._expected - 1)
            return batch

    def _gather(self) -> None:
        """Linger for those who are likely to come."""
        last = time.monotonic() + self._linger
        self._enough = min(self._expected, self._largest)
        while len(self._waiting) < self._enough and (left := last - time.monotonic()) > 0:
            self._arrived.wait(left)

    def _lead(self, batch: Sequence[_Slot[T, R]]) -> None:
        try:
            self._do(batch)
        finally:
            with self._changed:
                for slot in batch:
                    slot.done = True
                self._is_busy = False
                self._changed.notify_all()

    def _do(self, batch: Sequence[_Slot[T, R]]) -> None:
        try:
            answers = self._work([slot.item for slot in batch])
            for slot, answer in zip(batch, answers, strict=True):
                slot.answer = answer
        except Exception as error:  # noqa: BLE001 - it belongs to whose item it is
            if len(batch) == 1 or isinstance(error, TransientError):
                for slot in batch:
                    slot.error = error
            else:
                self._do_one_by_one(batch)
        except BaseException as error:
            for slot in batch:
                slot.error = error
            raise

    def _do_one_by_one(self, batch: Sequence[_Slot[T, R]]) -> None:
        for number, slot in enumerate(batch):
            try:
                self._do([slot])
            except BaseException as error:
                for other in batch[number + 1 :]:
                    other.error = error  # nobody will do them any more
                raise


def _passed_on(error: BaseException) -> Exception:
    if isinstance(error, Exception):
        return error
    raise error
