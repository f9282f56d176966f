"""Runs the generator in a process of its own, so that it shares no lock with whoever measures."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Final

from proof.benches.load.closed import drive
from proof.benches.load.open import pace
from proof.benches.load.plan import Plan, Result
from proof.benches.load.slow import dawdle

#: Seconds to start, and to give up what is open.
_PATIENCE: Final = 60.0
#: Of a plan that ends by the number of its requests.
_LONGEST: Final = 600.0


class LoadFailed(Exception):
    """The generator ended without a result."""


class _Generator:
    """A process that waits for its start, and gives its result."""

    def __init__(self, way: Callable[[Plan], Result], plan: Plan) -> None:
        context = get_context("spawn")
        self._mine, its = context.Pipe()
        self._seconds = plan.seconds
        self._process = context.Process(target=_generate, args=(way, plan, its), daemon=True)
        self._process.start()
        its.close()
        self._receive(_PATIENCE)  # it is ready

    def start(self) -> None:
        self._mine.send(True)

    def result(self) -> Result:
        result = self._receive(min(self._seconds, _LONGEST) + _PATIENCE)
        self._process.join(_PATIENCE)
        if not isinstance(result, Result):
            raise LoadFailed("no result came")
        return result

    def close(self) -> None:
        if self._process.is_alive():
            self._process.kill()
        self._process.join(_PATIENCE)
        self._mine.close()

    def _receive(self, seconds: float) -> object:
        try:
            if self._mine.poll(seconds):
                received: object = self._mine.recv()
                return received
        except EOFError:
            pass
        raise LoadFailed("the load generator gave no sign")


def _generate(way: Callable[[Plan], Result], plan: Plan, its: Connection) -> None:
    its.send(True)
    its.recv()
    its.send(way(plan))


@contextmanager
def generator(plan: Plan) -> Iterator[Callable[[], Result]]:
    """A generator that is ready; the function has it do its plan, and gives what came back."""
    ready = _Generator(pace if plan.rate else drive, plan)

    def load() -> Result:
        ready.start()
        return ready.result()

    try:
        yield load
    finally:
        ready.close()


@contextmanager
def slow_clients(plan: Plan) -> Iterator[Callable[[], Result]]:
    """Clients that send slowly while the block lasts; the function waits for their end, and gives what came back."""
    slow = _Generator(dawdle, plan)
    slow.start()
    try:
        yield slow.result
    finally:
        slow.close()
