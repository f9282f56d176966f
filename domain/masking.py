"""Finds card numbers in text and masks all but their last four digits.

A card number is 13 to 19 digits that pass the Luhn check, in one piece or in groups with single blanks or dashes
between them. One in ten arbitrary numbers passes that check too, so what is certainly something else is left alone:
UUIDs, hexadecimal digests, and time stamps since 1970. Nor is a number looked for within a longer string of digits.
"""

import re
from collections import deque
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple

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
# A number in front of a UUID does not reach into it. As few digits as may be one: how a match remembers a repetition
# without a bound takes two hundred times the space of the text.
_DIGITS: Final = rf"(?<![0-9])[0-9](?:(?:[ -](?!{_OTHER}))?[0-9]){{12}}"
_CANDIDATE: Final = re.compile(rf"(?P<other>(?<![0-9A-Za-z]){_OTHER})|{_DIGITS}")
_GROUP: Final = re.compile(r"[0-9]+")
_NEXT_GROUP: Final = re.compile(rf"[ -](?!{_OTHER})([0-9]+)")
_DIGIT: Final = re.compile(r"[0-9]")

_PLAIN: Final = {str(digit): digit for digit in range(10)}
# What doubling a digit and adding the digits of the result gives.
_DOUBLED: Final = dict(zip("0123456789", (0, 2, 4, 6, 8, 1, 3, 5, 7, 9), strict=True))


class _Group(NamedTuple):
    """Digits in one piece: where they stand, and their sums with the last one not doubled, and doubled."""

    start: int
    end: int
    plain: int
    doubled: int


def mask_card_numbers(text: str) -> str:
    """Replace the digits of each card number by asterisks, but for the last four. The length stays the same."""
    pieces, done = [], 0
    for start, end in _card_numbers(text):
        kept = _start_of_last_digits(text, end)
        pieces += [text[done:start], _DIGIT.sub("*", text[start:kept])]
        done = kept
    return "".join(pieces) + text[done:] if pieces else text


def passes_luhn(digits: str) -> bool:
    """Whether a string of ASCII digits has a right check digit (ISO/IEC 7812-1, annex B)."""
    return _sums(digits)[0] % 10 == 0


def luhn_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Spans of all that has a card number's length, groups and check digit, by where they begin, the shorter first.

    Spans overlap. Whatever the text is, no more of it is in hand than one number can have.
    """
    for reach in _reaches(text):
        length, plain, doubled = 0, 0, 0
        for group in reach:
            size = group.end - group.start
            length += size
            if length > _LONGEST or (length > size > _LONGEST_GROUP):
                break
            before = (plain, doubled) if size % 2 == 0 else (doubled, plain)
            plain, doubled = before[0] + group.plain, before[1] + group.doubled
            if length >= _SHORTEST and plain % 10 == 0:
                yield reach[0].start, group.end
            if size > _LONGEST_GROUP:
                break


def _card_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Spans of card numbers in groups of digits, the longest first from each group on, none overlapping another."""
    done = 0
    for start, spans in groupby(luhn_numbers(text), itemgetter(0)):
        ends = [end for _, end in spans if not _TIME_STAMP.fullmatch(text, start, end)]
        if ends and start >= done:
            done = ends[-1]
            yield start, done


def _reaches(text: str) -> Iterator[deque[_Group]]:
    """From each group of digits on, it and those after it, up to one more than can be of one number with it."""
    for groups in _runs(text):
        reach, length = deque[_Group](), 0
        for group in groups:
            reach.append(group)
            length += group.end - group.start
            while length > _LONGEST:
                yield reach
                first = reach.popleft()
                length -= first.end - first.start
        while reach:
            yield reach
            reach.popleft()


def _runs(text: str) -> Iterator[Iterator[_Group]]:
    """Where there are digits enough, their groups, with single blanks or dashes between them."""
    at = 0

    def groups(found: re.Match[str] | None) -> Iterator[_Group]:
        nonlocal at
        while found is not None:
            start, at = found.span(found.re.groups)
            # No card number has a part of a group that is longer than one, whatever its sums are.
            yield _Group(start, at, *(_sums(text[start:at]) if at - start <= _LONGEST else (0, 0)))
            found = _NEXT_GROUP.match(text, at)

    while (candidate := _CANDIDATE.search(text, at)) is not None:
        if candidate["other"] is None:
            yield groups(_GROUP.match(text, candidate.start()))
        else:
            at = candidate.end()


def _sums(digits: str) -> tuple[int, int]:
    """Sums of digits, each second one from the right doubled: from the last but one on, and from the last on."""
    last, other = digits[::-2], digits[-2::-2]
    return (
        sum(map(_PLAIN.__getitem__, last)) + sum(map(_DOUBLED.__getitem__, other)),
        sum(map(_DOUBLED.__getitem__, last)) + sum(map(_PLAIN.__getitem__, other)),
    )


def _start_of_last_digits(text: str, end: int) -> int:
    position, left = end, _KEPT
    while left:
        position -= 1
        left -= text[position] != " " and text[position] != "-"
    return position
