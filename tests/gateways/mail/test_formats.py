"""Amounts, moments and spans: exact, and as each language writes them."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import CURRENCIES, Money
from gateways.mail.formats import moment, money, short_moment, span, time_of_day

AT = datetime(2026, 3, 5, 17, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "english", "german"),
    [
        (Money("USD", 124000), "$1,240.00", "1.240,00 $"),
        (Money("EUR", 124000), "€1,240.00", "1.240,00 €"),
        (Money("JPY", 48000), "¥48,000", "48.000 ¥"),
        (Money("CHF", 50), "CHF 0.50", "0,50 CHF"),
        (Money("KWD", 1240500), "KWD 1,240.500", "1.240,500 KWD"),
        # Serbs round to whole dinars, Stripe does not: every para is shown.
        (Money("RSD", 124050), "RSD 1,240.50", "1.240,50 RSD"),
    ],
)
def test_amounts_are_written_as_each_language_does(amount: Money, english: str, german: str) -> None:
    written = [re.sub(r"\s", " ", money(amount, language)) for language in ("en", "de")]

    assert written[0] in (english, english.replace(" ", ""))
    assert written[1] == german


@given(st.sampled_from(sorted(CURRENCIES)), st.integers(0, 999_999_999_999))
def test_no_amount_is_rounded(currency: str, minor: int) -> None:
    amount = Money(currency, minor)
    for language, point in (("en", "."), ("de", ",")):
        digits = re.sub(rf"[^0-9{point}]", "", money(amount, language)).strip(".")
        whole, _, part = digits.partition(point)
        given_whole, _, given_part = str(amount.major).partition(".")
        assert int(whole or "0") == int(given_whole)
        assert part.rstrip("0") == given_part.rstrip("0")


def test_moments_carry_their_zone() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=9)))
    for at in (AT, elsewhere):
        assert moment(at, "en") == "Thu 5 Mar 2026, 17:04 UTC"
        assert moment(at, "de") == "Do., 5. März 2026, 17:04 UTC"
        assert short_moment(at, "en") == "Thu 5 Mar, 17:04 UTC"
        assert short_moment(at, "de") == "Do., 5. März, 17:04 UTC"
        assert time_of_day(at, "en") == "17:04 UTC"
        assert time_of_day(at, "de") == "17:04 Uhr UTC"


@pytest.mark.parametrize(
    ("minutes", "english", "german"),
    [
        (0, "1 minute", "1 Minute"),
        (10, "10 minutes", "10 Minuten"),
        (90, "90 minutes", "90 Minuten"),
        (119.5, "2 hours", "2 Stunden"),
        (120, "2 hours", "2 Stunden"),
        (179, "3 hours", "3 Stunden"),
        (24 * 60 - 1, "24 hours", "24 Stunden"),
        (48 * 60, "2 days", "2 Tage"),
        (70 * 60, "3 days", "3 Tage"),
    ],
)
def test_time_left_is_told_in_one_unit(minutes: float, english: str, german: str) -> None:
    assert span(timedelta(minutes=minutes), "en") == english
    assert span(timedelta(minutes=minutes), "de") == german


@given(st.timedeltas(timedelta(minutes=1), timedelta(days=90)))
def test_time_left_is_never_told_much_longer_than_it_is(left: timedelta) -> None:
    count, unit = span(left, "en").split()
    length = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}[unit.rstrip("s")]

    assert int(count) * length <= left + length / 12
