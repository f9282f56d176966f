"""Pages of long lists, newest first, along columns that an index has: a page costs the same wherever it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

R = TypeVar("R")
#: Between the parts of a place. It stands in no id and in no time.
_BETWEEN: Final = "~"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: behind this key or, backwards, before it. Without a key: at the top."""

    key: tuple[Any, ...] = ()
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Paged(Generic[R]):
    """One page, newest first."""

    rows: Sequence[R]
    has_newer: bool = False
    has_older: bool = False


@dataclass(frozen=True, slots=True)
class Ordering:
    """The columns that a list is sorted by, each with what reads its value from text; together they are unique."""

    columns: tuple[tuple[str, Callable[[str], Any]], ...]

    def parse(self, text: str) -> tuple[Any, ...]:
        """A key from an address; raises `ValueError` where it is none."""
        parts = text.split(_BETWEEN)
        return tuple(read(part) for (_, read), part in zip(self.columns, parts, strict=True))

    def page(
        self, fetch: Callable[[str, dict[str, Any]], Sequence[R]], condition: str, place: Place, limit: int
    ) -> Paged[R]:
        """Read one page.

        Args:
            fetch: selects rows by what follows after `WHERE`, with its parameters.
            condition: which rows.
            place: where the page begins.
            limit: how many rows it has at most.
        """
        names = [name for name, _ in self.columns]
        params: dict[str, Any] = {f"place_{number}": value for number, value in enumerate(place.key)}
        if place.key:
            key = ", ".join(f"%({name})s" for name in params)
            condition += f" AND ({', '.join(names)}) {'>' if place.backwards else '<'} ({key})"
        direction = "ASC" if place.backwards else "DESC"
        order = ", ".join(f"{name} {direction}" for name in names)
        found = fetch(f"{condition} ORDER BY {order} LIMIT %(most)s", params | {"most": limit + 1})
        more, rows = len(found) > limit, found[:limit]
        if place.backwards:
            return Paged(list(reversed(rows)), has_newer=more, has_older=True)
        return Paged(rows, has_newer=bool(place.key), has_older=more)


def written(*key: Any) -> str:
    """A key as `Ordering.parse` reads it."""
    return _BETWEEN.join(part.isoformat() if isinstance(part, datetime) else str(part) for part in key)


def a_word(text: str) -> str:
    """A part of a key that is plain text; raises `ValueError` for what no column holds."""
    if "\x00" in text or len(text) > 100:  # noqa: PLR2004 - longer ones are none of ours
        raise ValueError(text)
    return text


def a_number(text: str) -> int:
    """A part of a key that counts."""
    number = int(text)
    if not 0 <= number < 2**31:
        raise ValueError(text)
    return number


def a_time(text: str) -> datetime:
    """A part of a key that is a time with its zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return at


def first_id(at: datetime) -> UUID:
    """The smallest of our ids that can have been made at that time: what is younger has a greater one."""
    return UUID(int=max(0, int(at.timestamp() * 1000)) << 80)
