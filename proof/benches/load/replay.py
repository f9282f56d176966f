"""Requests that are made beforehand."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Replay:
    """The same requests over and over, in order."""

    requests: Sequence[bytes]

    def __call__(self, number: int) -> bytes:
        """The whole request."""
        return self.requests[number % len(self.requests)]
