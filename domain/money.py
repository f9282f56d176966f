"""Money: an integer number of minor units with a currency, as Stripe counts them. Never a float.

Source: docs.stripe.com/currencies, as of API 2026-10-28.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from domain.errors import InvalidMoney

ZERO_DECIMAL: Final = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
THREE_DECIMAL: Final = frozenset("BHD JOD KWD OMR TND".split())
TWO_DECIMAL: Final = frozenset(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY COP CRC CVE
    CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD KES KGS KHR KYD KZT
    LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN
    QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL THB TJS TOP TRY TTD TWD TZS UAH UGX USD UYU UZS WST XCD
    XCG YER ZAR ZMW
    """.split()
)
CURRENCIES: Final = ZERO_DECIMAL | THREE_DECIMAL | TWO_DECIMAL

#: Stripe counts these in hundredths although they have none, and wants whole units.
_WHOLE_UNITS: Final = {"ISK": 100, "UGX": 100} | dict.fromkeys(THREE_DECIMAL, 10)

#: The smallest charge in minor units, where Stripe names one.
MINIMUM: Final = {
    "USD": 50, "EUR": 50, "AUD": 50, "CAD": 50, "CHF": 50, "BRL": 50, "INR": 50, "NZD": 50, "SGD": 50, "GBP": 30,
    "JPY": 50, "DKK": 250, "NOK": 300, "SEK": 300, "PLN": 200, "AED": 200, "RON": 200, "MYR": 200, "HKD": 400,
    "MXN": 1000, "THB": 1000, "CZK": 1500, "HUF": 17500,
}  # fmt: skip
#: Twelve digits: what Stripe takes on a card.
MAXIMUM: Final = 999_999_999_999

_DECIMAL = re.compile(r"[0-9]{1,13}(\.[0-9]{1,6})?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units (cents, yen, fils) of one currency."""

    currency: str
    minor: int

    @classmethod
    def parse(cls, amount: str, currency: str) -> "Money":
        """Read a decimal string in major units, such as `"275.50"`, exactly.

        Raises:
            InvalidMoney: the currency is unknown, the amount is no positive decimal, is finer than the currency's
                smallest coin, or lies outside what Stripe takes.
        """
        return cls.read(amount, currency).chargeable()

    @classmethod
    def read(cls, amount: str, currency: str) -> "Money":
        """The same without Stripe's bounds on charges: for parts of what was charged. It may be zero."""
        exponent = exponent_of(currency)
        if not _DECIMAL.fullmatch(amount):
            raise InvalidMoney("the amount must be a positive decimal such as 275.50")
        minor = Decimal(amount).scaleb(exponent)
        if minor != minor.to_integral_value():
            raise InvalidMoney(f"{currency} has {exponent} decimal places")
        return cls(currency, int(minor))

    def chargeable(self) -> "Money":
        """Return this amount if Stripe can charge it, else raise `InvalidMoney` with the bound that it breaks."""
        step = _WHOLE_UNITS.get(self.currency, 1)
        self.whole()
        smallest = MINIMUM.get(self.currency, step)
        if self.minor < smallest:
            raise InvalidMoney(f"the amount must be at least {Money(self.currency, smallest)}")
        if self.minor > MAXIMUM:
            raise InvalidMoney(f"the amount must be at most {Money(self.currency, MAXIMUM)}")
        return self

    def whole(self) -> "Money":
        """Return this amount unless it is finer than Stripe's own steps in this currency (`InvalidMoney`)."""
        step = _WHOLE_UNITS.get(self.currency, 1)
        if self.minor % step:
            raise InvalidMoney(f"the amount in {self.currency} must be a multiple of {Money(self.currency, step)}")
        return self

    @property
    def major(self) -> Decimal:
        """The amount in major units, with all decimal places of the currency."""
        return Decimal(self.minor).scaleb(-exponent_of(self.currency))

    def part(self, of: int, whole: int) -> "Money":
        """What `of` is of `whole`, of this amount, rounded half up, as Stripe does: all of it where they are equal."""
        return Money(self.currency, (self.minor * of * 2 + whole) // (whole * 2))

    def share(self, basis_points: int) -> "Money":
        """A part of this amount, rounded half up to a minor unit (a basis point is a hundredth of a percent)."""
        return Money(self.currency, (self.minor * basis_points + 5_000) // 10_000)

    def __str__(self) -> str:
        return f"{self.major:,} {self.currency}"


def exponent_of(currency: str) -> int:
    """How many decimal places Stripe counts for a currency; `InvalidMoney` for an unknown one."""
    if currency in TWO_DECIMAL:
        return 2
    if currency in ZERO_DECIMAL:
        return 0
    if currency in THREE_DECIMAL:
        return 3
    raise InvalidMoney(f"{currency!r:.12} is no currency that Stripe takes (three capital letters, ISO 4217)")
