"""The explanation of a payment: words that keep their times and amounts, so that each reader can show them its own way.

A page makes a `<time>` of every time and counts it down; the command line prints it in UTC.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from string import Formatter
from typing import Any, Final, Self

from domain.money import Money

Part = str | datetime | Money

_FORMATTER: Final = Formatter()


class Sentence(str):
    """Words with times and amounts in them. As text, its times are in UTC; `parts` has them as they are."""

    __slots__ = ("parts",)
    parts: tuple[Part, ...]

    def __new__(cls, *parts: Part) -> Self:
        """Join words, times and amounts."""
        text = super().__new__(cls, "".join(_in_words(part) for part in parts))
        text.parts = parts
        return text

    def __getnewargs__(self) -> tuple[Part, ...]:  # type: ignore[override]  # what `__new__` takes: for copies
        return self.parts

    @property
    def document(self) -> list[dict[str, str]]:
        """Its parts for programs: `{"text": …}`, `{"time": …}`, `{"money": …}`."""
        return [_as_document(part) for part in self.parts]


def say(template: str, /, **values: object) -> Sentence:
    """Fill `{name}` places of a template; times and amounts stay what they are, all else becomes text."""
    parts: list[Part] = []
    for literal, name, _, _ in _FORMATTER.parse(template):
        if literal:
            parts.append(literal)
        if name is not None:
            parts.extend(_parts_of(values[name]))
    return Sentence(*parts)


def _parts_of(value: Any) -> tuple[Part, ...]:
    if isinstance(value, Sentence):
        return value.parts
    return (value,) if isinstance(value, datetime | Money) else (str(value),)


def _in_words(part: Part) -> str:
    return f"{part.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if isinstance(part, datetime) else str(part)


def _as_document(part: Part) -> dict[str, str]:
    match part:
        case datetime():
            return {"time": part.astimezone(UTC).isoformat().replace("+00:00", "Z")}
        case Money():
            return {"money": str(part)}
        case _:
            return {"text": str(part)}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that comes next."""

    text: Sentence
    #: When; None where nobody can say, or the words say it.
    at: datetime | None = None


class Duty(StrEnum):
    """What a person has to do with it."""

    NOTHING = "nothing"
    MAY = "may"
    #: Nothing goes on, or something is lost, until a person acts.
    MUST = "must"


@dataclass(frozen=True, slots=True)
class You:
    """What the reader, an operator, has to do."""

    kind: Duty
    #: What they may or must do; empty for nothing.
    text: str = ""


NOTHING: Final = You(Duty.NOTHING)


def may(text: str) -> You:
    """Something that a person may do."""
    return You(Duty.MAY, text)


def must(text: str) -> You:
    """Something that a person must do."""
    return You(Duty.MUST, text)


@dataclass(frozen=True, slots=True)
class Said:
    """What one cause says of a payment."""

    why: Sentence
    #: What happens if nobody does anything, soonest first; three at most.
    next: tuple[Step, ...]
    you: You = NOTHING


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a payment stands where it stands, what is next, what the reader may or must do."""

    #: A stable word for the cause that was told first, such as `failed.retry_planned`.
    code: str
    why: Sentence
    next: tuple[Step, ...]
    you: You
    #: Further causes, each in a sentence.
    also: tuple[Sentence, ...] = ()

    @property
    def line(self) -> Sentence:
        """In one line, for lists: what waits for a person, or else what comes next."""
        if self.you.kind is Duty.MUST:
            return say("Waits for you: {why}", why=self.why)
        return self.next[0].text

    @property
    def document(self) -> dict[str, Any]:
        """All of it for programs."""
        return {
            "code": self.code,
            "why": str(self.why),
            "next": [{"text": str(step.text), "at": step.at} for step in self.next],
            "you": {"kind": self.you.kind.value, "text": self.you.text},
            "also": [str(one) for one in self.also],
        }
