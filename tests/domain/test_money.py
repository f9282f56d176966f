"""Money: exact in and out, in every currency, within Stripe's bounds."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidMoney
from domain.money import CURRENCIES, MAXIMUM, MINIMUM, Money, exponent_of


def of_units(currency: str, units: int) -> Money:
    """That many of the smallest amounts that Stripe takes of a currency."""
    step = 100 if currency in ("ISK", "UGX") else 10 if exponent_of(currency) == 3 else 1
    return Money(currency, units * step)


chargeable = st.builds(of_units, st.sampled_from(sorted(CURRENCIES)), st.integers(20_000, 999_999_999))


@given(chargeable)
def test_an_amount_that_is_written_and_read_is_the_same(amount: Money) -> None:
    assert Money.parse(format(amount.major, "f"), amount.currency) == amount


@given(chargeable, st.integers(0, 10_000))
def test_a_share_is_exact_to_half_a_minor_unit(amount: Money, basis_points: int) -> None:
    share = amount.share(basis_points)
    assert abs(Decimal(share.minor) - Decimal(amount.minor) * basis_points / 10_000) <= Decimal("0.5")
    assert 0 <= share.minor <= amount.minor


@given(st.text(max_size=12))
def test_no_text_is_read_as_anything_but_what_it_says(text: str) -> None:
    try:
        amount = Money.parse(text, "USD")
    except InvalidMoney:
        return
    assert Decimal(text) * 100 == amount.minor


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("275.50", "USD", 27550),
        ("275.5", "USD", 27550),
        ("48000", "JPY", 48000),
        ("12.340", "KWD", 12340),
        ("500", "ISK", 50000),
        ("0.50", "USD", 50),
        ("0.300000", "GBP", 30),
    ],
)
def test_amounts_become_minor_units(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency) == Money(currency, minor)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("0", "USD"),
        ("0.49", "USD"),
        ("-5.00", "USD"),
        ("+5.00", "USD"),
        ("5.001", "USD"),
        ("5,00", "USD"),
        ("1e3", "USD"),
        ("NaN", "USD"),
        ("Infinity", "USD"),
        (" 5.00", "USD"),
        ("\N{ARABIC-INDIC DIGIT FIVE}.\N{ARABIC-INDIC DIGIT ZERO}", "USD"),
        ("", "USD"),
        ("5.5", "JPY"),
        ("5.50", "ISK"),
        ("1.001", "KWD"),
        ("5.00", "usd"),
        ("5.00", "XXX"),
        ("10000000000.00", "USD"),
    ],
)
def test_impossible_amounts_are_refused(text: str, currency: str) -> None:
    with pytest.raises(InvalidMoney):
        Money.parse(text, currency)


def test_the_bounds_themselves_are_taken() -> None:
    for currency, smallest in MINIMUM.items():
        assert Money(currency, smallest).chargeable().minor == smallest
    assert Money("USD", MAXIMUM).chargeable().minor == MAXIMUM


def test_an_amount_reads_well() -> None:
    assert str(Money("USD", 124000)) == "1,240.00 USD"
    assert str(Money("JPY", 48000)) == "48,000 JPY"
