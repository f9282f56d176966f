"""Amounts, moments and spans as readers of a language write them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_currency, get_currency_precision
from babel.units import format_unit

from domain.money import Money

_MOMENTS: Final = {"en": "EEE d MMM y, HH:mm 'UTC'", "de": "EEE, d. MMM y, HH:mm 'UTC'"}
_SHORT_MOMENTS: Final = {"en": "EEE d MMM, HH:mm 'UTC'", "de": "EEE, d. MMM, HH:mm 'UTC'"}
_TIMES: Final = {"en": "HH:mm 'UTC'", "de": "HH:mm 'Uhr' 'UTC'"}
_UNITS: Final = ((timedelta(days=1), "duration-day"), (timedelta(hours=1), "duration-hour"))
_MINUTE: Final = timedelta(minutes=1)
#: A mail for "2 hours before the end" is written some seconds later: a twelfth of a unit still counts as whole.
_GRACE: Final = 12


def money(amount: Money, language: str) -> str:
    """`$1,240.00`, `1.240,00 $`, `¥48,000`: exact, also where people round a currency that Stripe does not."""
    places = Decimal(1).scaleb(-get_currency_precision(amount.currency))
    rounds = amount.major != amount.major.quantize(places)
    return format_currency(amount.major, amount.currency, locale=language, currency_digits=not rounds)


def moment(at: datetime, language: str) -> str:
    """`Thu 19 Nov 2026, 17:04 UTC`."""
    return _written(at, _MOMENTS[language], language)


def short_moment(at: datetime, language: str) -> str:
    """`Thu 19 Nov, 17:04 UTC`: for subjects."""
    return _written(at, _SHORT_MOMENTS[language], language)


def time_of_day(at: datetime, language: str) -> str:
    """`17:04 UTC`."""
    return _written(at, _TIMES[language], language)


def span(length: timedelta, language: str) -> str:
    """`2 hours`, `45 minutes`: time that is left, in the largest unit of which there are two, and not made longer."""
    for unit, name in _UNITS:
        count = (length + unit / _GRACE) // unit
        if count > 1:
            return format_unit(count, name, locale=language)
    return format_unit(max((length + _MINUTE / _GRACE) // _MINUTE, 1), "duration-minute", locale=language)


def _written(at: datetime, pattern: str, language: str) -> str:
    return format_datetime(at.astimezone(UTC), pattern, locale=Locale(language))
