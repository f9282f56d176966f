"""Lists of the console: filters that stand in the address, each removable, and pages by cursor."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request

from console.problems import Problem
from models.paging import Ordering, Paged, Place

R = TypeVar("R")
#: Rows on a page.
PAGE: Final = 30
_LONGEST: Final = 255
#: Spans that lists offer, and how long they are.
SPANS: Final[Mapping[str, timedelta]] = {
    "1h": timedelta(hours=1),
    "24h": timedelta(days=1),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set, and the address without it."""

    text: str
    without: str


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list was asked for."""

    base: str
    #: Every filter that the list knows; "" where it is not set.
    values: Mapping[str, str]
    place_after: str = ""
    place_before: str = ""

    @classmethod
    def of(cls, request: Request, base: str, names: Sequence[str]) -> "Filters":
        """Read an address; raises 422 for text that is none."""
        return cls.read(base, names, request.query_params)

    @classmethod
    def read(cls, base: str, names: Sequence[str], given: Mapping[str, str]) -> "Filters":
        """Read what an address or a form says; raises 422 for text that is none."""
        places = ("after", "before")
        asked = {name: value.strip() for name, value in given.items() if name in names or name in places}
        if any("\x00" in value or len(value) > _LONGEST for value in asked.values()):
            raise unknown_filter()
        values = {name: asked.get(name, "") for name in names}
        return cls(base, values, asked.get("after", ""), asked.get("before", ""))

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    @property
    def is_set(self) -> bool:
        """Whether the list is narrowed at all."""
        return any(self.values.values())

    def word(self, name: str, known: Sequence[str]) -> str | None:
        """One of the known words, or None where nothing is asked; raises 422 for others."""
        value = self.values[name]
        if value and value not in known:
            raise unknown_filter(name)
        return value or None

    def text(self, name: str) -> str | None:
        """What was typed, or None."""
        return self.values[name] or None

    def id(self, name: str) -> UUID | None:
        """An id, or None where nothing is asked; raises 422 for what is none."""
        try:
            return UUID(self.values[name]) if self.values[name] else None
        except ValueError:
            raise unknown_filter(name) from None

    def day(self, name: str, *, over: bool = False) -> datetime | None:
        """The beginning of a day (UTC), or its end; None where nothing is asked; raises 422 for what is none."""
        try:
            at = datetime.strptime(self.values[name], "%Y-%m-%d").replace(tzinfo=UTC) if self.values[name] else None
        except ValueError:
            raise unknown_filter(name) from None
        return at + timedelta(days=1) if at and over else at

    def span(self, name: str, default: str) -> timedelta:
        """One of `SPANS`."""
        return SPANS[self.word(name, list(SPANS)) or default]

    def place(self, ordering: Ordering) -> Place:
        """Where the page begins; raises 422 for what is no place."""
        text = self.place_after or self.place_before
        if not text:
            return Place()
        try:
            return Place(ordering.parse(text), backwards=not self.place_after)
        except ValueError:
            raise unknown_filter("after") from None

    def address(self, **changes: str) -> str:
        """The list with other filters."""
        return address(self.base, {**self.values, **changes})

    def chips(self, words: Mapping[str, str] | None = None) -> list[Chip]:
        """What is set; `words` say what a filter or, as `name=value`, a filter's value is called."""
        return list(self._chips(words or {}))

    def _chips(self, words: Mapping[str, str]) -> Iterator[Chip]:
        for name, value in self.values.items():
            if value:
                said = words.get(f"{name}={value}") or f"{words.get(name, name)}: {value.replace('_', ' ')}"
                yield Chip(said, self.address(**{name: ""}))

    def pages(self, paged: Paged[R], key: Callable[[R], str]) -> dict[str, str | None]:
        """The addresses of the pages beside this one."""
        rows = paged.rows
        newer = self.address(before=key(rows[0])) if rows and paged.has_newer else None
        older = self.address(after=key(rows[-1])) if rows and paged.has_older else None
        return {"newer": newer, "older": older}


def address(base: str, values: Mapping[str, Any]) -> str:
    """A path with what is set of its query."""
    query = urlencode({name: value for name, value in values.items() if value})
    return f"{base}?{query}" if query else base


def unknown_filter(name: str = "search") -> Problem:
    """The answer to a filter that means nothing here."""
    return Problem(422, "invalid_request", f"This filter means nothing here: {name}.")
