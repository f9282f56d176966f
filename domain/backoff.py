"""How long to wait before the next try."""

from datetime import timedelta
from random import Random

_FIRST = 0.5


def backoff(tries: int, rng: Random, *, longest: float = 60.0, asked: float | None = None) -> timedelta:
    """Exponential backoff with jitter: about half a second, doubling with each try.

    Args:
        tries: calls made so far, 1 or more.
        rng: where the jitter comes from; it keeps many waiters from coming back in one moment.
        longest: seconds that a wait never exceeds (before what was asked).
        asked: seconds that the other side asked us to wait; never less than these.
    """
    ceiling = min(longest, _FIRST * 2 ** min(tries - 1, 20))
    return timedelta(seconds=max(ceiling * (0.5 + rng.random() / 2), asked or 0.0))
