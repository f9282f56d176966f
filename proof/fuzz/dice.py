"""Choices that are read from bytes: a fuzzer changes the bytes, and so the choices."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Final, TypeVar

T = TypeVar("T")

#: What has broken readers before, here or elsewhere.
ODD: Final[Sequence[Any]] = (
    None, True, False, 0, -1, 1, 0.5, -0.0, 1e308, 2**31, 2**53, 2**63 - 1, -(2**63), 2**64 - 1, 253402300800, "", " ",
    "0", "-1", "1e5", "0.005", "999999999999999.99", "NaN", "\x00", "a\x00b", "é", "\u202e", "\u2028", "😀", "٣", "²",
    "null", "evt_1", "pi_1", "ch_1", "x" * 300, [], {}, [[]], [None], [{}], {"": ""}, {"id": None},
    {"object": "charge"}, "USD", "usd", "JPY", "KWD", "XXX", "succeeded", "requires_action", "canceled", "unheard_of",
    "card", "00000000-0000", "checkout.session.completed", "charge.refunded", "charge.dispute.created",
    "payment_intent.succeeded",
)  # fmt: skip


class Dice:
    """Reads choices from the front of some bytes; when they are used up, every choice is the first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def below(self, bound: int) -> int:
        """A number from 0 to below `bound`, at most 256."""
        byte = self._data[self._at] if self._at < len(self._data) else 0
        self._at += 1
        return byte % bound

    def pick(self, choices: Sequence[T]) -> T:
        """One of them, of any number."""
        high, low = self.below(256), self.below(256)
        return choices[(high * 256 + low) % len(choices)]

    def text(self, longest: int) -> str:
        """Text of at most so many characters."""
        length = self.below(256) % (longest + 1)
        taken = self._data[self._at : self._at + length]
        self._at += length
        return taken.decode("latin-1")

    def rest(self) -> bytes:
        """All that is left."""
        taken = self._data[self._at :]
        self._at = len(self._data)
        return taken

    def value(self) -> Any:
        """A JSON value: an odd one, or any text or number."""
        match self.below(4):
            case 0:
                return self.text(40)
            case 1:
                return int.from_bytes(self.text(7).encode("latin-1"), "big", signed=True)
            case _:
                return deepcopy(self.pick(ODD))  # a list in two places of a document would soon hold itself
