"""The filters of the list of payments, as they stand in the address."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from console.desk.lists import Chip
from console.problems import Problem
from domain.lifecycle import Status
from models.payment_search import Wish

BASE: Final = "/console/payments"
FIELDS: Final = (
    "q status policy currency auction buyer maker needs cause left min max since until".split()
)  # as docs/console.md lists them
#: Those that are not asked for often, and stand behind "More filters".
RARE: Final = ("currency", "min", "max", "since", "until", "buyer", "maker", "auction")

#: Saved views: their names, what they add to the address, and whether what they hold waits for a person.
VIEWS: Final[Mapping[str, Mapping[str, str]]] = {
    "All": {},
    "Needs you": {"needs": "operator"},
    "Closing within the hour": {"left": "under:60m"},
    "Failed, will retry": {"status": "failed"},
    "Money on its way": {"status": "processing"},
    "Late or twice": {"cause": "late_or_twice"},
}
_LATE_OR_TWICE: Final = "late_or_twice"
_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_LEFT: Final = re.compile(r"over|(?:(?P<word>under|from)|(?P<low>\d{1,3}[mhd])):(?P<high>\d{1,3}[mhd])", re.ASCII)
_AMOUNT: Final = re.compile(r"\d{1,12}(\.\d{1,3})?", re.ASCII)
_LONGEST: Final = 255


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list was asked for."""

    #: Only those that are set.
    set: Mapping[str, str]
    wish: Wish
    tight: bool = False

    @classmethod
    def of(cls, params: Mapping[str, str]) -> "Filters":
        """Read an address; raises 422, naming every filter that means nothing."""
        asked = {name: value.strip() for name, value in params.items() if value.strip()}
        found = {name: asked[name] for name in FIELDS if name in asked}
        reading = _Reading(asked)
        left_from, left_under = reading.left()
        wish = Wish(
            q=found.get("q"),
            status=reading.word("status", *Status),
            policy=found.get("policy"),
            currency=found.get("currency"),
            auction=found.get("auction"),
            buyer=found.get("buyer"),
            maker=found.get("maker"),
            needs_operator=reading.word("needs", "operator") is not None,
            unwanted_money=reading.word("cause", _LATE_OR_TWICE) is not None,
            left_from=left_from,
            left_under=left_under,
            least=reading.amount("min"),
            most=reading.amount("max"),
            since=reading.day("since"),
            until=reading.day("until", over=True),
            after=reading.id("after"),
            before=reading.id("before"),
        )
        if reading.wrong:
            what = ", ".join(sorted(set(reading.wrong)))
            raise Problem(422, "invalid_request", f"This filter means nothing here: {what}.")
        return cls(found, wish, asked.get("density") == "tight")

    def __getitem__(self, name: str) -> str:
        return self.set.get(name, "")

    @property
    def more(self) -> bool:
        """Whether one of the rare ones is set."""
        return any(name in self.set for name in RARE)

    def address(self, page: str = "", **changes: str | None) -> str:
        """The list with other filters, or a page below it."""
        density = {"density": "tight"} if self.tight else {}
        values = {**self.set, **density, **changes}
        query = urlencode({name: value for name, value in values.items() if value})
        return f"{BASE}{page}" + (f"?{query}" if query else "")

    def chips(self) -> list[Chip]:
        """What is set, each with the address without it."""
        return [Chip(_said(name, value), self.address(**{name: ""})) for name, value in self.set.items()]


class _Reading:
    """Reads values, and notes what means nothing."""

    def __init__(self, asked: Mapping[str, str]) -> None:
        self._asked = asked
        self.wrong = [name for name, value in asked.items() if "\x00" in value or len(value) > _LONGEST]

    def word(self, name: str, *known: str) -> str | None:
        value = self._asked.get(name)
        if value is not None and value not in known:
            self.wrong.append(name)
        return value

    def amount(self, name: str) -> Decimal | None:
        value = self._asked.get(name, "").replace(",", "")
        if not value:
            return None
        if not _AMOUNT.fullmatch(value):
            self.wrong.append(name)
            return None
        return Decimal(value)

    def day(self, name: str, *, over: bool = False) -> datetime | None:
        value = self._asked.get(name)
        if value is None:
            return None
        try:
            at = datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC)
            return at + timedelta(days=1) if over else at
        except (ValueError, OverflowError):
            self.wrong.append(name)
            return None

    def id(self, name: str) -> UUID | None:
        value = self._asked.get(name)
        try:
            return None if value is None else UUID(value)
        except ValueError:
            self.wrong.append(name)
            return None

    def left(self) -> tuple[timedelta | None, timedelta | None]:
        value = self._asked.get("left")
        if value is None:
            return None, None
        found = _LEFT.fullmatch(value)
        if found is None:
            self.wrong.append("left")
            return None, None
        if value == "over":
            return None, timedelta(0)
        high = _length(found["high"])
        if found["word"] == "from":
            return high, None
        return (_length(found["low"]) if found["low"] else None), high


def _length(text: str) -> timedelta:
    return int(text[:-1]) * _UNITS[text[-1]]


_SAID: Final[Mapping[str, Callable[[str], str]]] = {
    "needs": lambda _value: "needs you",
    "cause": lambda value: value.replace("_", " "),
    "q": lambda value: f"search: {value}",
    "min": lambda value: f"at least {value}",
    "max": lambda value: f"at most {value}",
    "since": lambda value: f"since {value}",
    "until": lambda value: f"until {value}",
}


def _said(name: str, value: str) -> str:
    if name == "left":
        if value == "over":
            return "time is over"
        first, _, last = value.partition(":")
        words = {"under": f"less than {last} left", "from": f"more than {last} left"}
        return words.get(first, f"{first} to {last} left")
    return _SAID[name](value) if name in _SAID else f"{name}: {value}"
