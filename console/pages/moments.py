"""Moments on the buyer's page: in the house's zone, until the script writes them in the zone of the device."""

from datetime import datetime

from markupsafe import Markup

from console.pages.languages import Language

_TIME = Markup('<time datetime="{at}" data-moment="{form}"{mine}>{text}</time>')
_MINE = Markup(" data-mine")


def moment(at: datetime, language: Language, *, mine: bool = False) -> Markup:
    """A day and a time; with `mine`, the script says that it is the reader's time."""
    return _written(at, "day", language.moment(at), mine=mine)


def deadline(at: datetime, language: Language) -> Markup:
    """The same, without the day where that is today for the reader."""
    return _written(at, "short", language.moment(at), mine=True)


def time_of_day(at: datetime, now: datetime, language: Language) -> Markup:
    """A time today, else with its day."""
    return _written(at, "short", language.time(at) if at.date() == now.date() else language.moment(at), mine=False)


def _written(at: datetime, form: str, text: str, *, mine: bool) -> Markup:
    return _TIME.format(at=at.isoformat(), form=form, mine=_MINE if mine else "", text=text)
