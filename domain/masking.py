"""Finds card numbers in text and masks all but their last four digits.

A card number is 13 to 19 digits that pass the Luhn check, in one piece or in groups with single blanks or dashes
between them. One in ten arbitrary numbers passes that check too, so what is certainly something else is left alone:
UUIDs, hexadecimal digests, and time stamps since 1970. Nor is a number looked for within a longer string of digits.
"""

import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

_SHORTEST: Final = 13
_LONGEST: Final = 19
_KEPT: Final = 4

# Grouped numbers have short groups. A longer one stands for itself, so that two numbers side by side stay two.
_LONGEST_GROUP: Final = 12

# Milliseconds, micro- and nanoseconds since 1970 begin with 1 until the year 2033, and no card of these lengths does.
_TIME_STAMP: Final = re.compile(r"1[0-9]{12}(?:[0-9]{3}){0,2}")

_HEX: Final = "[0-9a-fA-F]"
_UUID: Final = rf"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
# MD5 or a UUID without dashes, SHA-1, SHA-256: only where a letter proves that it is no decimal number.
_DIGEST: Final = rf"(?=[0-9]*[a-fA-F])(?:{_HEX}{{64}}|{_HEX}{{40}}|{_HEX}{{32}})"
_OTHER: Final = rf"(?:{_UUID}|{_DIGEST})(?![0-9A-Za-z])"
# A number in front of a UUID does not reach into it.
_DIGITS: Final = rf"(?<![0-9])[0-9](?:(?:[ -](?!{_OTHER}))?[0-9]){{12,}}"
CANDIDATE: Final = re.compile(rf"(?P<other>(?<![0-9A-Za-z]){_OTHER})|{_DIGITS}")
_GROUP: Final = re.compile(r"[0-9]+")
_DIGIT: Final = re.compile(r"[0-9]")

# What doubling a digit and adding the digits of the result gives.
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def mask_card_numbers(text: str) -> str:
    """Replace the digits of each card number by asterisks, but for the last four. The length stays the same."""
    return CANDIDATE.sub(_masked, text)


def passes_luhn(digits: str) -> bool:
    """Whether a string of ASCII digits has a right check digit (ISO/IEC 7812-1, annex B)."""
    return LuhnDigits(digits).passes_luhn(0, len(digits))


class LuhnDigits:
    """A string of digits, any part of which can be checked at once: a text of a megabyte has a million parts."""

    def __init__(self, digits: str) -> None:
        self.digits = digits
        values = [int(digit) for digit in digits]
        # Sums from the beginning, with each digit at an even place doubled, and with each at an odd place.
        self._sums = tuple(
            [0, *accumulate(_DOUBLED[value] if place % 2 == parity else value for place, value in enumerate(values))]
            for parity in (0, 1)
        )

    def passes_luhn(self, start: int, end: int) -> bool:
        """Whether the digits from `start` to before `end` have a right check digit, which itself is not doubled."""
        sums = self._sums[end % 2]
        return (sums[end] - sums[start]) % 10 == 0


def _masked(match: re.Match[str]) -> str:
    text = match[0]
    if match["other"] is not None:
        return text
    pieces, done = [], 0
    for start, end in _card_numbers(text):
        kept = _start_of_last_digits(text, end)
        pieces += [text[done:start], _DIGIT.sub("*", text[start:kept])]
        done = kept
    return "".join(pieces) + text[done:]


def _card_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Spans of card numbers in groups of digits, the longest first from each group on, none overlapping another."""
    groups = [match.span() for match in _GROUP.finditer(text)]
    digits = LuhnDigits("".join(text[start:end] for start, end in groups))
    # How many digits stand before each group.
    before = [0, *accumulate(end - start for start, end in groups)]
    first = 0
    while first < len(groups):
        last = _last_group(digits, before, first)
        if last is None:
            first += 1
            continue
        yield groups[first][0], groups[last][1]
        first = last + 1


def _last_group(digits: LuhnDigits, before: list[int], first: int) -> int | None:
    """The group with which the longest card number ends that begins with the first one."""
    start, found = before[first], None
    longest_group = 0
    for index in range(first, len(before) - 1):
        end = before[index + 1]
        longest_group = max(longest_group, end - before[index])
        alone = index == first
        if end - start > _LONGEST or (longest_group > _LONGEST_GROUP and not alone):
            break
        if end - start < _SHORTEST or not digits.passes_luhn(start, end):
            continue
        if not (alone and _TIME_STAMP.fullmatch(digits.digits, start, end)):
            found = index
    return found


def _start_of_last_digits(text: str, end: int) -> int:
    position, left = end, _KEPT
    while left:
        position -= 1
        left -= text[position] != " " and text[position] != "-"
    return position
