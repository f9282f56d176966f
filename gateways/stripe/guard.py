"""What every call to Stripe passes through."""

from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Guard(Protocol):
    """Limits, times and breaks calls by operation."""

    def __call__(self, operation: str, call: Callable[[], T], /) -> T:
        """Make the call when its turn has come.

        Raises:
            GatewayBusy: Stripe is not being called now; nothing was done.
        """


def unguarded(_operation: str, call: Callable[[], T]) -> T:
    """Make the call at once: for tests of the adapter alone."""
    return call()
