"""How values are written for PostgreSQL, as the line to it sends them."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from uuid import UUID

from models.arrays import Packed


def _duration(value: timedelta) -> str:
    return f"{value.days}d {value.seconds}s {value.microseconds}us"


#: How values are written; words are escaped where they stand in an array.
_WRITTEN: Final[Mapping[type, Callable[[Any], str]]] = {
    str: str,
    int: str,
    bool: lambda value: "t" if value else "f",
    bytes: lambda value: "\\x" + value.hex(),
    datetime: datetime.isoformat,
    timedelta: _duration,
    UUID: str,
    Decimal: str,
    float: repr,
}
#: Whatever is written of these needs no quotes in an array.
_PLAIN: Final = frozenset({int, bool, UUID, float, Decimal})


def writer(kind: type) -> Callable[[Any], bytes | None]:
    """What writes values of this type."""
    if kind is Packed:
        return bytes
    if kind is list:
        return lambda value: _array(value).encode()
    if kind is type(None):
        return lambda _value: None
    write = _WRITTEN.get(kind, _plain)
    return lambda value: write(value).encode()


def _plain(value: Any) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    raise TypeError(f"{type(value).__name__} is not known here")


def _array(values: list[Any]) -> str:
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    kind = type(value)
    write = _WRITTEN.get(kind)
    text = _plain(value) if write is None else write(value)
    if kind in _PLAIN:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
