"""What stands on paper as plain values that JSON can hold, and back: frozen with the number, the same ever after."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from domain.documents import Document

R = TypeVar("R")


def freeze(document: Document) -> dict[str, Any]:
    """A document as plain values."""
    return {field.name: _plain(getattr(document, field.name)) for field in fields(document)}


def thaw(values: Mapping[str, Any]) -> Document:
    """The document that was frozen. What a later release has added to documents is as its default says.

    Raises:
        TypeError: something is missing that has no default.
        ValueError: something is no value of its kind.
    """
    return _made(Document, values)


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case UUID():
            return str(value)
        case tuple() | list():
            return [_plain(one) for one in value]
        case _ if is_dataclass(value):
            return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        case _:
            return value


def _made(kind: type[R], values: Mapping[str, Any]) -> R:
    hints = _hints(kind)  # type: ignore[arg-type] # classes are hashable; mypy does not see it of a generic one
    return kind(**{name: _read(hints[name], value) for name, value in values.items() if name in hints})


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    """The kinds of a class's fields: looked up once, for that takes longer than making an instance."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _read(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if get_origin(hint) in (Union, UnionType):
        (hint,) = (one for one in get_args(hint) if one is not NoneType)
    hint = getattr(hint, "__supertype__", hint)
    if get_origin(hint) is tuple:
        return tuple(_read(get_args(hint)[0], one) for one in value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    if is_dataclass(hint):
        return _made(hint, value)  # type: ignore[arg-type]
    made = isinstance(hint, type) and issubclass(hint, (Enum, UUID))
    return hint(value) if made else value
