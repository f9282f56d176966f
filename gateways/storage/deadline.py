"""One deadline for a whole call of a library that bounds each of its reads, and not all of them together."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from domain.errors import GatewayUnavailable

T = TypeVar("T")


def within(seconds: float, what: str, act: Callable[[], T]) -> T:
    """Do it in a thread of its own, and wait so long.

    A call that is given up goes on until its connection ends; nobody waits for its thread, not even the process's end.

    Args:
        seconds: how long, at most.
        what: is done, for the error.
        act: does it.

    Raises:
        GatewayUnavailable: it takes longer.
    """
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(act())
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            outcome.set_exception(error)

    threading.Thread(target=run, name="receipt storage", daemon=True).start()
    try:
        return outcome.result(seconds)
    except TimeoutError:
        raise GatewayUnavailable(f"Amazon S3 took longer than {seconds:g} s to {what}") from None
