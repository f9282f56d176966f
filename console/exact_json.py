"""JSON whose numbers are exact: an amount is never a binary fraction, neither on its way in nor out."""

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

import orjson

#: Numbers with more digits before or after the point are no amounts of anything.
_FARTHEST: Final = 30
_PLAIN: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class MalformedJson(ValueError):
    """The text is no JSON object, or one that two readers could read differently."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written."""

    text: str

    @property
    def decimal(self) -> str | None:
        """The same number without an exponent: `1e2` is `100`. None where that would be absurdly long."""
        if _PLAIN.fullmatch(self.text):
            return self.text
        try:
            value = Decimal(self.text)
        except InvalidOperation:  # its exponent is beyond what decimals have, and that is far
            return None
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < -_FARTHEST or abs(value.adjusted()) > _FARTHEST:
            return None
        return format(value, "f")

    @property
    def plain(self) -> int | float:
        """As Python has it, for fields that are no amounts."""
        short = len(self.text) <= _FARTHEST
        return int(self.text) if short and self.text.removeprefix("-").isdigit() else float(self.text)


def read_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object. Its numbers are `Number`s.

    Raises:
        MalformedJson: with what is wrong, in a sentence's second half.
    """
    try:
        document = json.loads(
            body.decode("utf-8-sig"),
            parse_float=Number,
            parse_int=Number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_without_repeats,
        )
    except MalformedJson:
        raise
    except UnicodeDecodeError:
        raise MalformedJson("is not UTF-8") from None
    except (ValueError, RecursionError):
        raise MalformedJson("is no JSON") from None
    if not isinstance(document, dict):
        raise MalformedJson("must be a JSON object")
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedJson(f"holds {name}, which is no JSON number")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise MalformedJson("holds a key twice")
    return document


def write(document: Any) -> bytes:
    """Write JSON: decimals with all their digits, times as ISO 8601 in UTC with a Z."""
    return orjson.dumps(document, default=exact, option=orjson.OPT_UTC_Z)


def exact(value: Any) -> orjson.Fragment:
    """What orjson writes for what it does not know: a decimal with all its digits."""
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError(f"{type(value).__name__} has no JSON")


def printable(text: str) -> str:
    """Text that can be written, whatever was read."""
    return text.encode("utf-8", "replace").decode()
