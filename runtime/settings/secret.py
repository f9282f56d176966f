"""Values that never show themselves."""

import hmac
from typing import Final, Generic, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T", str, bytes)

HIDDEN: Final = "[hidden]"


class Secret(Generic[T]):
    """A value that only `reveal()` gives out: `repr`, `str` and `format` hide it, and it refuses to be pickled."""

    __slots__ = ("_value",)
    _value: T

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """Give the value itself. Call it where it is handed to the library that needs it, not earlier."""
        return self._value

    @property
    def shown(self) -> str:
        """What may be printed in its place."""
        return HIDDEN

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.shown})"

    def __str__(self) -> str:
        return self.shown

    def __format__(self, spec: str) -> str:
        return format(self.shown, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_as_bytes(self._value), _as_bytes(other.reveal()))

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


class SecretUrl(Secret[str]):
    """An address with credentials in it. Shown with scheme, host and path, so that an operator can tell which it is."""

    __slots__ = ()

    @property
    def scheme(self) -> str:
        """The address's scheme, in lower case."""
        return urlsplit(self._value).scheme

    @property
    def shown(self) -> str:
        """The address without user, password, query and fragment."""
        parts = urlsplit(self._value)
        credentials, at, place = parts.netloc.rpartition("@")
        hidden = f"{HIDDEN}@" if at and credentials else ""
        return f"{parts.scheme}://{hidden}{place}{parts.path}"


def _as_bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value
