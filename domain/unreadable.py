"""Values that are there and cannot be read: sealed under a key that this process lacks, damaged, or left unopened.

They stand in their record's field as nothing of their type, and are written back as they are. So a row that holds one
lives on: its window ends, its money is refunded. Only what needs the value itself asks whether it is one.
"""

from typing import Any, Final

_UNOPENED: Final = "left unopened"


class Unreadable:
    """What every such value is."""

    #: The value as it is stored.
    sealed: bytes
    why: str


class UnreadableText(Unreadable, str):
    """A text that cannot be read. It looks empty, unless it was never tried to read it."""

    __slots__ = ()


class UnreadableBytes(Unreadable, bytes):
    """Bytes that cannot be read. They look empty."""


class UnreadableDocument(Unreadable, dict[str, Any]):
    """A document that cannot be read. It looks empty."""


def unreadable(form: str, sealed: bytes, why: str) -> Unreadable:
    """What stands for a value of this form: `text`, `json` or `bytes`."""
    kind = {"text": UnreadableText, "json": UnreadableDocument, "bytes": UnreadableBytes}[form]
    value: Unreadable = kind()
    value.sealed, value.why = sealed, why
    return value


def unopened(form: str) -> Unreadable:
    """What stands for a value that nobody wants to read. A text is there for whoever asks only whether there is one."""
    if form != "text":
        return unreadable(form, b"", _UNOPENED)
    value = UnreadableText(_UNOPENED)
    value.sealed, value.why = b"", _UNOPENED
    return value
