"""Forms of plain values: numbers, durations (decimals allowed), money in major units, words."""

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

from runtime.settings.problems import Wrong
from runtime.settings.variable import Form

# Nine digits hold every bound of ours, and keep a pasted novel from becoming an integer of a megabyte. A third of a
# minute has as many decimals as whoever divides writes.
_WHOLE: Final = re.compile(r"[0-9]{1,9}")
_DECIMAL: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{0,40})?|\.[0-9]{1,40}")

LatePolicy = Literal["refund", "honor"]


def whole(low: int, high: int) -> Form[int]:
    """Whole numbers between two bounds, both allowed."""

    def parse(text: str) -> int:
        if not _WHOLE.fullmatch(text):
            raise Wrong("is not a whole number")
        value = int(text)
        _within(Decimal(value), Decimal(low), Decimal(high))
        return value

    return Form(parse, f"a whole number from {low} to {high}")


def money(high: str) -> Form[Decimal]:
    """Amounts in major units with at most two decimals."""

    def parse(text: str) -> Decimal:
        value = _decimal(text)
        if value != round(value, 2):
            raise Wrong("has more than two decimals")
        _within(value, Decimal(0), Decimal(high))
        return value

    return Form(parse, f"an amount in major units such as 500.00, at most {high}")


def minutes(low: str, high: str) -> Form[timedelta]:
    """Durations given in minutes."""
    return Form(lambda text: _duration(text, 60, low, high), f"minutes from {low} to {high}, decimals allowed")


def seconds(low: str, high: str) -> Form[timedelta]:
    """Durations given in seconds."""
    return Form(lambda text: _duration(text, 1, low, high), f"seconds from {low} to {high}, decimals allowed")


def days_kept(low: int, high: int) -> Form[timedelta | None]:
    """Whole days; 0 for ever."""

    def parse(text: str) -> timedelta | None:
        if not _WHOLE.fullmatch(text):
            raise Wrong("is not a whole number")
        days = int(text)
        if days:
            _within(Decimal(days), Decimal(low), Decimal(high))
        return timedelta(days=days) if days else None

    return Form(parse, f"whole days from {low} to {high}, or 0 for ever")


def minutes_list(low: str, high: str, longest: int) -> Form[tuple[timedelta, ...]]:
    """Durations as a JSON array of minutes, in order."""

    def parse(text: str) -> tuple[timedelta, ...]:
        values = _array(text)
        if not 1 <= len(values) <= longest:
            raise Wrong(f"has {len(values)} entries")
        return tuple(_checked(value, 60, low, high) for value in values)

    right = f"a JSON array such as [1,5,15] of 1 to {longest} minutes from {low} to {high}, decimals allowed"
    return Form(parse, right)


def word(pattern: str, right: str) -> Form[str]:
    """Texts that match a pattern from end to end."""
    compiled = re.compile(pattern)

    def parse(text: str) -> str:
        if not compiled.fullmatch(text):
            raise Wrong("does not have the right form")
        return text

    return Form(parse, right)


def one_of(words: Sequence[str], what: str) -> Form[str]:
    """Words of our own; others are refused with the list of them."""

    def parse(text: str) -> str:
        if text not in words:
            raise Wrong("is not known")
        return text

    return Form(parse, f"{what}: {' or '.join(words)}")


def late_policy() -> Form[LatePolicy]:
    """What happens to money that arrives after the window's end."""

    def parse(text: str) -> LatePolicy:
        if text == "refund":
            return "refund"
        if text == "honor":
            return "honor"
        raise Wrong("is not one of the policies")

    return Form(parse, "refund or honor")


def certificate_file() -> Form[Path]:
    """Paths of readable PEM certificate files."""

    def parse(text: str) -> Path:
        path = Path(text)
        try:
            found = b"-----BEGIN CERTIFICATE-----" in path.read_bytes()
        except (OSError, ValueError):
            raise Wrong("names a file that cannot be read") from None
        if not found:
            raise Wrong("names a file without a certificate")
        return path

    return Form(parse, "the path of a PEM file with the authority's certificate")


def _decimal(text: str) -> Decimal:
    if not _DECIMAL.fullmatch(text):
        raise Wrong("is not a number")
    return Decimal(text)


def _duration(text: str, unit: int, low: str, high: str) -> timedelta:
    return _checked(_decimal(text), unit, low, high)


def _checked(value: Decimal, unit: int, low: str, high: str) -> timedelta:
    _within(value, Decimal(low), Decimal(high))
    return timedelta(milliseconds=round(value * unit * 1000))


def _within(value: Decimal, low: Decimal, high: Decimal) -> None:
    if value < low:
        raise Wrong(f"is below {low}")
    if value > high:
        raise Wrong(f"is above {high}")


def _array(text: str) -> Sequence[Decimal]:
    try:
        # Strings stay strings and so are refused below: "1" in quotes is not a number of minutes.
        values: Any = json.loads(text, parse_int=Decimal, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, ArithmeticError, RecursionError):
        raise Wrong("is not a JSON array") from None
    if not isinstance(values, list) or not all(isinstance(value, Decimal) for value in values):
        raise Wrong("is not a JSON array of numbers")
    return values


def _no_constant(_: str) -> NoReturn:
    raise Wrong("holds something that is not a number")
