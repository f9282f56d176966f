"""Tells whether a text holds a card number. Stricter than masking, which hides rather too much: this must not cry wolf.

A card number is 13 to 19 digits that pass the Luhn check, in one piece or in groups, of a beginning and a length that
some network issues. What is certainly something else does not count: UUIDs, digests, time stamps, telephone numbers
with their plus sign, decimal fractions, and identifiers such as Stripe's, in which letters and digits are mixed.
"""

import re
from typing import Final
from urllib.parse import unquote

from domain.masking import luhn_numbers

#: First digits, and how long such numbers are (the networks' public ranges, November 2026).
_NETWORKS: Final = re.compile(
    r"""
      4(?:\d{12}|\d{15}|\d{18})                                     # Visa
    | 5[1-5]\d{14} | (?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}  # Mastercard
    | 3[47]\d{13}                                                   # American Express
    | 3(?:0[0-5]|[689]\d)\d{11,16}                                  # Diners Club
    | (?:352[89]|35[3-8]\d)\d{12,15}                                # JCB
    | (?:6011|64[4-9]\d|65\d\d)\d{12,15}                            # Discover
    | (?:62|81)\d{14,17}                                            # UnionPay
    | (?:5[0678]|6\d)\d{11,17}                                      # Maestro, Elo, RuPay, Verve
    | 220[0-4]\d{12,15}                                             # Mir
    | 82\d{14} | 9792\d{12}                                         # RuPay, Troy
    """,
    re.VERBOSE,
)
#: Telephone numbers are never longer (ITU-T E.164).
_LONGEST_PHONE: Final = 15
#: Grouped numbers have groups of three to seven digits; dates and clock times have shorter ones.
_GROUP_LENGTHS: Final = range(3, 8)
_GROUP: Final = re.compile(r"[0-9]+")
_TOKEN: Final = re.compile(r"[A-Za-z0-9_]*\Z")
_TOKEN_REST: Final = re.compile(r"[A-Za-z0-9_]*")
#: `pi_3MtwBw…`, `cs_test_a1…_secret_…`: a word, and then letters and digits mixed.
_PREFIX: Final = re.compile(r"[A-Za-z]+_")
_LETTERS: Final = re.compile(r"[A-Za-z]+")
#: No identifier is longer on one side of its digits.
_FAR: Final = 255
#: Words around a number are one or two; a random identifier falls into more pieces.
_RANDOM_PIECES: Final = 3


def holds_card_number(text: str) -> bool:
    """Whether a card number stands in the text, plainly or percent-encoded."""
    return _holds(text) or ("%" in text and _holds(unquote(text)))


def _holds(text: str) -> bool:
    return any(_is_card_number(text, start, end) for start, end in luhn_numbers(text))


def _is_card_number(text: str, start: int, end: int) -> bool:
    digits = text[start:end].replace(" ", "").replace("-", "")
    if not _NETWORKS.fullmatch(digits) or not _is_grouped_like_one(text[start:end]):
        return False
    return not (_is_phone(text, start, digits) or _is_fraction(text, start) or _is_identifier(text, start, end))


def _is_grouped_like_one(part: str) -> bool:
    """In one piece, digit by digit, or in groups as they are printed on cards."""
    lengths = [end - start for start, end in (match.span() for match in _GROUP.finditer(part))]
    return len(lengths) == 1 or set(lengths) == {1} or all(length in _GROUP_LENGTHS for length in lengths)


def _is_phone(text: str, start: int, digits: str) -> bool:
    return text[start - 1 : start] == "+" and len(digits) <= _LONGEST_PHONE


def _is_fraction(text: str, start: int) -> bool:
    return text[start - 1 : start] == "." and text[start - 2 : start - 1].isdigit()


def _is_identifier(text: str, start: int, end: int) -> bool:
    """Whether the digits are part of a longer word that looks random."""
    head, tail = _TOKEN.search(text, max(0, start - _FAR), start), _TOKEN_REST.match(text, end, end + _FAR)
    left, right = head[0] if head else "", tail[0] if tail else ""
    piece = left.rpartition("_")[2] + right.partition("_")[0]
    if _PREFIX.match(left) and piece:
        return True
    return len(_LETTERS.findall(f"{left}0{right}")) >= _RANDOM_PIECES
