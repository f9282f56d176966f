"""The last step before a line is written: whatever was logged becomes plain JSON values without secrets.

Nothing is trusted to know what it holds: strings are searched, objects are turned to text first, keys are text too.
Long texts are cut and large structures pruned, so that one message of a megabyte is one short line.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import Any, Final
from uuid import UUID

from domain.masking import mask_card_numbers
from runtime.logging.alike import Alike
from runtime.logging.secrets import redact_text

_HIDDEN: Final = "[hidden]"
_LEFT_OUT: Final = "…"
#: Some forty lines of a terminal.
_LONGEST_TEXT: Final = 2_000
#: A traceback through three frameworks has some 8,000 characters, and the cause stands at its end.
_LONGEST_TRACEBACK: Final = 20_000
_TRACEBACKS: Final = frozenset({"exception", "stack"})
#: A long text is cut before it is searched, and the cut may go through a secret. Keys and tokens are found by their
#: beginning; what is found whole only, such as an address, is shorter than this and dropped with the end.
_CUT_MARGIN: Final = 1_000
#: Values of one line, however nested.
_MOST_VALUES: Final = 200
_DEEPEST: Final = 6
#: Names of fields and words for states come again with each line, so they are searched once.
_LONGEST_NAME: Final = 40
_LONGEST_WORD: Final = 20
_SMALLEST_CARD_NUMBER: Final = 10**12
#: Beyond it readers of JSON lose digits.
_LARGEST_EXACT: Final = 2**53

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
#: Names of fields whose value is hidden whatever it looks like.
_SECRET_NAME: Final = re.compile(
    r"(?:.*_)?(?:password|passwd|secret|authorization|cookie|token|api_?key|private_key|e?mail|phone|checkout_url"
    r"|download_url|pay_url|pay_link|card_number|pan|cvc|cvv)"
)


def redact(_: object, method: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """Structlog processor: give a copy of the event that is safe to write. Never raises."""
    budget = iter(range(_MOST_VALUES))
    try:
        return _fields(event.items(), budget, 0)
    except Exception as error:  # noqa: BLE001 - a value that breaks when looked at must not break the work it tells of
        return {"level": method, "event": "log.unprintable", "error": type(error).__name__}


def _fields(items: Iterable[tuple[object, Any]], budget: Iterator[int], depth: int) -> dict[str, Any]:
    fields = {}
    for key, value in items:
        name = str(key)
        shown, is_secret, longest = _known(name) if len(name) <= _LONGEST_NAME else _looked_at(name)
        hides = is_secret and not isinstance(value, bool | None)
        fields[shown] = _HIDDEN if hides else _plain(value, budget, depth, longest)
    return fields


def _looked_at(name: str) -> tuple[str, bool, int]:
    """A field's name as it is shown, whether its value is hidden whatever it is, and how long that may be."""
    is_secret = _SECRET_NAME.fullmatch(_HUMP.sub("_", name).replace("-", "_").lower()) is not None
    return _text(name, _LONGEST_TEXT), is_secret, _LONGEST_TRACEBACK if name in _TRACEBACKS else _LONGEST_TEXT


_known: Final = lru_cache(maxsize=1024)(_looked_at)
_known_word: Final = lru_cache(maxsize=1024)(redact_text)


def _plain(value: Any, budget: Iterator[int], depth: int, longest: int) -> Any:
    if next(budget, None) is None:
        return _LEFT_OUT
    match value:
        case str():
            return _text(value, longest)
        case None | bool() | UUID():
            return value if value is None or value is True or value is False else str(value)
        case int() | float():
            return _number(value)
        case Mapping() | list() | tuple() | set() | frozenset():
            return _nested(value, budget, depth + 1, longest) if depth < _DEEPEST else _LEFT_OUT
        case _:
            return _text(_shown(value), longest)


def _nested(value: Any, budget: Iterator[int], depth: int, longest: int) -> Any:
    if isinstance(value, Alike):  # each of them is a line
        return Alike(_fields(own.items(), iter(range(_MOST_VALUES)), depth) for own in value)
    if isinstance(value, Mapping):
        items = islice(value.items(), _MOST_VALUES)
        return _fields(items, budget, depth)
    return [_plain(item, budget, depth, longest) for item in islice(value, _MOST_VALUES)]


def _number(value: float) -> float | str:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if abs(value) < _SMALLEST_CARD_NUMBER:
        return value
    whole = str(int(value))
    masked = mask_card_numbers(whole)
    return value if masked == whole and abs(value) < _LARGEST_EXACT else masked


def _shown(value: object) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if isinstance(value, date):
        return value.isoformat()
    try:
        return f"{type(value).__name__}: {value}" if isinstance(value, BaseException) else str(value)
    except Exception:  # noqa: BLE001 - somebody else's __str__
        return f"<{type(value).__name__} that cannot be shown>"


def _text(text: str, longest: int) -> str:
    if len(text) <= _LONGEST_WORD:
        return _known_word(str(text))  # without the class of a word of ours
    if len(text) <= longest:
        return redact_text(text)
    kept = longest + 4 * _CUT_MARGIN
    redacted = redact_text(text[:kept])
    if len(text) > kept:
        redacted = redacted[:-_CUT_MARGIN]
    return f"{redacted[:longest]}… ({len(text)} characters)"
