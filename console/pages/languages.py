"""The languages of the buyer's page, and how each writes money, moments and spans."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.money import Money
from gateways.mail import formats

_HOUR: Final = 3600
_TEN_MINUTES: Final = 600


@dataclass(frozen=True, slots=True)
class Language:
    """How a language writes what the page shows."""

    tag: str
    name: str
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    #: A day and a time; a time alone, as it stands in a sentence.
    moment_form: str
    time_form: str
    #: Hour, minute and second, short.
    units: tuple[str, str, str]
    left_form: str

    def money(self, amount: Money) -> str:
        """`$1,240.00`, `1.240,00 $`: as in mails."""
        return formats.money(amount, self.tag)

    def moment(self, at: datetime) -> str:
        """A moment with its date and zone."""
        at = at.astimezone(UTC)
        names = {"weekday": self.weekdays[at.weekday()], "month": self.months[at.month - 1]}
        return self.moment_form.format(day=at.day, time=self.time_form.format(f"{at:%H:%M}"), **names) + " UTC"

    def time(self, at: datetime) -> str:
        """A moment of today with its zone."""
        return self.time_form.format(f"{at.astimezone(UTC):%H:%M}") + " UTC"

    def left(self, span: timedelta) -> str:
        """Time left: hours and minutes; below ten minutes with seconds; in the last minute nothing else."""
        seconds = max(int(span.total_seconds()), 0)
        hour, minute, second = self.units
        if seconds >= _HOUR:
            text = f"{seconds // _HOUR} {hour} {seconds // 60 % 60} {minute}"
        elif seconds >= _TEN_MINUTES:
            text = f"{seconds // 60} {minute}"
        elif seconds >= 60:  # noqa: PLR2004 - a minute
            text = f"{seconds // 60} {minute} {seconds % 60} {second}"
        else:
            return f"{seconds} {second}"
        return self.left_form.format(text)


ENGLISH: Final = Language(
    tag="en",
    name="English",
    weekdays=tuple("Mon Tue Wed Thu Fri Sat Sun".split()),
    months=tuple("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()),
    moment_form="{weekday} {day} {month}, {time}",
    time_form="{}",
    units=("h", "min", "s"),
    left_form="{} left",
)
GERMAN: Final = Language(
    tag="de",
    name="Deutsch",
    weekdays=tuple("Mo. Di. Mi. Do. Fr. Sa. So.".split()),
    months=tuple("Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.".split()),
    moment_form="{weekday}, {day}. {month}, {time}",
    time_form="{} Uhr",
    units=("Std.", "Min.", "Sek."),
    left_form="Noch {}",
)
LANGUAGES: Final[Mapping[str, Language]] = {one.tag: one for one in (ENGLISH, GERMAN)}


def language_for(asked: str | None, locale: str | None, accepted: str | None) -> Language:
    """The language that the buyer chose on the page, that the auction named, or that the browser prefers."""
    listed = [part.partition(";")[0] for part in (accepted or "").split(",")]
    for wish in (asked, locale, *listed):
        found = LANGUAGES.get((wish or "").strip()[:2].lower())
        if found is not None:
            return found
    return ENGLISH
