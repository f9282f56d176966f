"""All chance of a run. Each throw has an address, so that leaving one fault away does not change the others."""

from collections import Counter
from collections.abc import Collection
from hashlib import blake2b
from typing import Final

_BYTES: Final = 7
_SIDES: Final = 1 << 8 * _BYTES
#: How bad one kind of fault is in one run: none at all, a drizzle, rain, a storm. Times its usual probability.
_WEATHER: Final = (0.0, 0.0, 0.3, 1.0, 1.0, 4.0)


class Dice:
    """Throws for one seed. The same address gets the same throw in every run of that seed.

    Args:
        seed: the run's.
        only: addresses of the faults that may happen; None: all.
    """

    def __init__(self, seed: int, only: Collection[str] | None = None) -> None:
        self.seed = seed
        self.only = None if only is None else frozenset(only)
        #: Addresses of the faults that happened, in order.
        self.struck: list[str] = []
        #: Whether all is well from now on.
        self.calm = False
        self._times: Counter[str] = Counter()
        self._weather: dict[str, float] = {}

    def throw(self, *address: object) -> float:
        """A number from 0 to 1; the n-th throw of an address is its own."""
        return self._throw(self._named(address))

    def choose(self, weights: dict[str, float], *address: object) -> str:
        """One of the words, by weight."""
        left = self.throw(*address) * sum(weights.values())
        for word, weight in weights.items():
            left -= weight
            if left < 0:
                return word
        return next(reversed(weights))

    def between(self, low: float, high: float, *address: object) -> float:
        """A number between two."""
        return low + (high - low) * self.throw(*address)

    def strikes(self, kind: str, probability: float, *address: object) -> bool:
        """Whether a fault happens. It is remembered by its address, and never happens where others alone may."""
        odds = 0.0 if self.calm else probability * self._how_bad(kind)
        if not odds:
            return False  # Most are asked for at each step, and many never happen in this weather.
        name = self._named((kind, *address))
        if self._throw(name) >= odds or (self.only is not None and name not in self.only):
            return False
        self.struck.append(name)
        return True

    def _named(self, address: tuple[object, ...]) -> str:
        name = "/".join(map(str, address))
        self._times[name] += 1
        return f"{name}#{self._times[name]}"

    def _throw(self, name: str) -> float:
        digest = blake2b(f"{self.seed}:{name}".encode(), digest_size=_BYTES).digest()
        return int.from_bytes(digest) / _SIDES

    def _how_bad(self, kind: str) -> float:
        found = self._weather.get(kind)
        if found is None:
            found = self._weather[kind] = _WEATHER[int(self._throw(f"weather/{kind}") * len(_WEATHER))]
        return found
