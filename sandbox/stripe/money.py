"""What Stripe charges in which currency: smallest and largest amounts, fees, and how it writes amounts in messages."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

ZERO_DECIMAL: Final = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
#: Sent times a hundred although they have no cents, so the last two digits are zero.
WHOLE_HUNDREDS: Final = frozenset({"isk", "ugx"})
SUPPORTED: Final = frozenset(
    (
        "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf "
        "chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl hrk htg "
        "huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt "
        "mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar "
        "sbd scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd "
        "xof xpf yer zar zmw"
    ).split()
)
#: Smallest charge in minor units, by currency; half a unit elsewhere, and fifty where there are no cents.
MINIMUM: Final = {
    "gbp": 30, "dkk": 250, "nok": 300, "sek": 300, "pln": 200, "aed": 200, "ron": 200, "myr": 200, "hkd": 400,
    "mxn": 1000, "thb": 1000, "czk": 1500, "huf": 17500, "isk": 10000, "ugx": 100000, "krw": 100, "clp": 500,
    "vnd": 15000,
}  # fmt: skip
#: Twelve digits for cards.
MAXIMUM: Final = 999_999_999_999
SIGNS: Final = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}
FIXED_FEE: Final = 30
DISPUTE_FEE: Final = 1500


def minimum(currency: str) -> int:
    """The smallest amount, in minor units."""
    return MINIMUM.get(currency, 50)


def fee(amount: int) -> int:
    """Stripe's own fee: 2.9 % rounded half up, and thirty minor units. Never more than the amount."""
    return min(amount, (amount * 29 + 500) // 1000 + FIXED_FEE)


def dispute_fee(_amount: int) -> int:
    """What a dispute costs, whatever its amount."""
    return DISPUTE_FEE


def share(part: int, whole: int, amount: int) -> int:
    """The share of `amount` that `part` is of `whole`, rounded half up."""
    return (amount * part * 2 + whole) // (whole * 2)


def settled(amount: int, currency: str, into: str, rate: Decimal) -> int:
    """A signed amount in minor units of another currency, rounded half away from zero."""
    scale = Decimal(10) ** ((into not in ZERO_DECIMAL) * 2 - (currency not in ZERO_DECIMAL) * 2)
    return int((amount * rate * scale).quantize(Decimal(1), ROUND_HALF_UP))


def written(amount: int, currency: str) -> str:
    """An amount as messages have it: `$5.00`, `€5.00`, `¥500`, `5.00 dkk`."""
    number = f"{amount:,}" if currency in ZERO_DECIMAL else f"{amount // 100:,}.{amount % 100:02d}"
    sign = SIGNS.get(currency)
    return f"{sign}{number}" if sign else f"{number} {currency}"
