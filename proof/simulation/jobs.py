"""Many runs on several processes, each with a throw-away PostgreSQL of its own."""

import gc
import logging
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

import structlog

from proof.simulation.run import Plan, Result, Run
from proof.simulation.servers import EmptyDatabase, throw_away_server
from proof.simulation.shrinking import Shrinker

#: One seed for everything that Python itself would throw dice for.
_HASHES: Final = "PYTHONHASHSEED"
#: Garbage is looked for when so many lots have lived: looking takes longer than a small run.
_TIDY: Final = 200


class Bench:
    """A database on which one run follows another."""

    def __init__(self, superuser_url: str, name: str) -> None:
        self._database = EmptyDatabase(superuser_url, name)
        self._lived = 0

    def run(self, plan: Plan, before: Callable[[Run], None] = lambda _run: None) -> Result:
        """Do one run; `before` may plan something more in it."""
        self._database.empty()
        self._lived += len(plan.numbers())
        if self._lived >= _TIDY:
            self._lived = 0
            gc.collect()
        gc.disable()  # A run makes no cycles worth the looking; its end frees it whole.
        try:
            run = Run(self._database.lines, plan)
            before(run)
            return run()
        finally:
            gc.enable()

    def shrink(self, failed: Result) -> Result:
        """Cut a failing run down."""
        return Shrinker(self.run)(failed)

    def close(self) -> None:
        """Close all connections."""
        self._database.close()


_bench: list[Bench] = []


def _open(urls: "multiprocessing.Queue[tuple[str, set[int]]]") -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    quiet()
    url, cores = urls.get()
    _stay_on(cores)
    _bench.append(Bench(url, f"simulation_{os.getpid()}"))
    gc.freeze()  # All that was imported is there for good, and need not be looked through between runs.


def _run(numbered: tuple[int, Plan]) -> tuple[int, Result]:
    number, plan = numbered
    return number, _bench[0].run(plan)


def _shrink(failed: Result) -> Result:
    return _bench[0].shrink(failed)


def quiet() -> None:
    """What the use cases log is not what a run is about."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


class Jobs:
    """Processes that do runs."""

    def __init__(self, pool: "multiprocessing.pool.Pool") -> None:
        self._pool = pool

    def run(self, plans: Iterable[Plan], over: Callable[[Result], None] = lambda _: None) -> Iterator[Result]:
        """The results, in the order of the plans; `over` hears of each at once, whatever those before it take."""
        early: dict[int, Result] = {}
        following = 0
        for number, result in self._pool.imap_unordered(_run, enumerate(plans)):
            over(result)
            early[number] = result
            while following in early:
                yield early.pop(following)
                following += 1

    def shrink(self, failed: Result) -> Result:
        """Cut a failing run down."""
        return self._pool.apply(_shrink, (failed,))


@contextmanager
def opened_jobs(count: int, superuser_url: str | None = None) -> Iterator[Jobs]:
    """Start the processes.

    Args:
        count: how many.
        superuser_url: a running server to share; None: each gets a throw-away one.
    """
    context = multiprocessing.get_context("spawn")
    before = os.environ.get(_HASHES)
    with ExitStack() as stack:
        urls = context.Queue()
        for cores in _cores_of(count):
            with _staying_on(cores):
                urls.put((superuser_url or stack.enter_context(throw_away_server()), cores))
        os.environ[_HASHES] = "0"
        try:
            pool = context.Pool(count, _open, (urls,))
        finally:
            _restore(before)
        stack.callback(_end, pool)
        yield Jobs(pool)


def _cores_of(count: int) -> list[set[int]]:
    """The cores that each job has; one alone where there is a job for each, for it and its server take turns.

    Measured with two jobs on two cores that others used too: an eighth less processor, a third more payments a second.
    """
    if not hasattr(os, "sched_getaffinity"):
        return [set[int]()] * count
    cores = sorted(os.sched_getaffinity(0))
    return [{cores[number % len(cores)]} if count >= len(cores) else set(cores) for number in range(count)]


def _stay_on(cores: set[int]) -> None:
    if cores:
        os.sched_setaffinity(0, cores)


@contextmanager
def _staying_on(cores: set[int]) -> Iterator[None]:
    """What is started meanwhile stays on these cores."""
    before = os.sched_getaffinity(0) if cores else cores
    _stay_on(cores)
    try:
        yield
    finally:
        _stay_on(before)


def _restore(before: str | None) -> None:
    if before is None:
        del os.environ[_HASHES]
    else:
        os.environ[_HASHES] = before


def _end(pool: "multiprocessing.pool.Pool") -> None:
    pool.terminate()
    pool.join()


Told = Callable[[Result], None]
