"""How risky a payment looks: signals with their weights, and a score of 0 to 100 with its reasons. Pure.

A signal is a fact that is kept for ever; the score is a function of the set of kinds that a payment has, so it is the
same in whatever order they came. A card's fingerprint plays no part in it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from domain.ids import SessionId

#: A score from which on people are told.
ALERT_AT: Final = 45
#: A score from which on nothing more is opened until an operator has looked: two strong signals together.
HOLD_AT: Final = 80
HIGHEST: Final = 100

#: A bidder may win a whole evening's lots: only more than that is conspicuous, and weakly.
SESSIONS_SPAN: Final = timedelta(hours=1)
MANY_SESSIONS: Final = 30
#: Who tests stolen cards collects declines; who has one bad card has two or three.
DECLINES_SPAN: Final = timedelta(hours=24)
MANY_DECLINES: Final = 6
#: Declines within one session that are conspicuous: the same, sooner.
OFTEN_DECLINED: Final = 5
#: A household shares a device; a farm of accounts does too.
BUYERS_SPAN: Final = timedelta(days=7)
MANY_BUYERS: Final = 4
#: Nothing older is looked at.
LONGEST_SPAN: Final = max(SESSIONS_SPAN, DECLINES_SPAN, BUYERS_SPAN)


class Kind(StrEnum):
    """What a signal tells. Stable words."""

    MANY_SESSIONS = "many_sessions"
    MANY_DECLINES = "many_declines"
    MANY_BUYERS_ON_DEVICE = "many_buyers_on_device"
    COUNTRY_NOT_OF_CURRENCY = "country_not_of_currency"
    COUNTRY_NOT_OF_LOCALE = "country_not_of_locale"
    #: One declined charge. It weighs nothing; many of them do.
    DECLINED = "declined"
    OFTEN_DECLINED = "often_declined"
    RADAR_ELEVATED = "radar_elevated"
    RADAR_HIGHEST = "radar_highest"
    #: Radar stopped a charge before the bank saw it.
    RADAR_BLOCKED = "radar_blocked"
    #: Radar said something that this release does not know.
    RADAR_UNKNOWN = "radar_unknown"
    REVIEW_OPENED = "review_opened"
    REVIEW_CLOSED = "review_closed"
    #: The card's issuer expects a dispute.
    FRAUD_WARNING = "fraud_warning"


@dataclass(frozen=True, slots=True)
class Weight:
    """What one kind of signal counts, however often it came."""

    points: int
    #: People are told of it, whatever the score.
    alerts: bool = False
    #: It counts towards a hold.
    holds: bool = True


WEIGHTS: Final[Mapping[Kind, Weight]] = {
    Kind.MANY_SESSIONS: Weight(15),
    Kind.MANY_DECLINES: Weight(45),
    Kind.MANY_BUYERS_ON_DEVICE: Weight(50),
    # Collectors travel, and bid in other people's currencies.
    Kind.COUNTRY_NOT_OF_CURRENCY: Weight(5),
    Kind.COUNTRY_NOT_OF_LOCALE: Weight(5),
    Kind.DECLINED: Weight(0),
    Kind.OFTEN_DECLINED: Weight(30),
    Kind.RADAR_ELEVATED: Weight(25),
    Kind.RADAR_HIGHEST: Weight(50, alerts=True),
    Kind.RADAR_BLOCKED: Weight(35, alerts=True),
    Kind.RADAR_UNKNOWN: Weight(0, alerts=True),
    Kind.REVIEW_OPENED: Weight(30, alerts=True),
    Kind.REVIEW_CLOSED: Weight(0),
    # It comes days after the money; a hold would stop nothing.
    Kind.FRAUD_WARNING: Weight(80, alerts=True, holds=False),
}


@dataclass(slots=True)
class RiskSignal:
    """A fact about a payment's risk, never changed. Its fields are the columns of `risk_signals`."""

    session_id: SessionId
    kind: Kind
    #: What says so: `intake`, `session`, or Stripe's id of the charge, review or warning. Told twice, it is one signal.
    source: str
    points: int
    at: datetime
    detail: dict[str, Any] = field(default_factory=dict)
    #: The money that it is about, where it is about money.
    stripe_payment_intent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """A score with its reasons, the heaviest first."""

    score: int
    #: The part of it that may hold a payment.
    holding: int
    reasons: tuple[Kind, ...]


def assess(kinds: Iterable[Kind]) -> Assessment:
    """Score a payment by the kinds of signals that it has."""
    weighty = sorted({kind for kind in kinds if WEIGHTS[kind].points}, key=lambda kind: (-WEIGHTS[kind].points, kind))
    points = [WEIGHTS[kind] for kind in weighty]
    return Assessment(
        score=min(HIGHEST, sum(one.points for one in points)),
        holding=sum(one.points for one in points if one.holds),
        reasons=tuple(weighty),
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen lately of one buyer, one e-mail address or one device."""

    sessions: int = 0
    declines: int = 0
    buyers: frozenset[str] = frozenset()

    def __add__(self, other: "Seen") -> "Seen":
        return Seen(self.sessions + other.sessions, self.declines + other.declines, self.buyers | other.buyers)


@dataclass(frozen=True, slots=True)
class Velocity:
    """What was seen lately of a new session's buyer, address and device, the session itself included."""

    buyer: Seen = Seen()
    email: Seen = Seen()
    device: Seen = Seen()


Finding = tuple[Kind, dict[str, Any]]


def suspicions(velocity: Velocity, *, country: str | None, currency: str, locale: str | None) -> Iterator[Finding]:
    """What is conspicuous about a new session, each with the figures that say so."""
    by = {"buyer": velocity.buyer, "email": velocity.email, "device": velocity.device}
    sessions = {name: seen.sessions for name, seen in by.items() if seen.sessions >= MANY_SESSIONS}
    if sessions:
        yield Kind.MANY_SESSIONS, sessions
    declines = {name: seen.declines for name, seen in by.items() if seen.declines >= MANY_DECLINES}
    if declines:
        yield Kind.MANY_DECLINES, declines
    if len(velocity.device.buyers) >= MANY_BUYERS:
        yield Kind.MANY_BUYERS_ON_DEVICE, {"buyers": len(velocity.device.buyers)}
    yield from _places((country or "").strip().upper(), currency, locale)


def _places(country: str, currency: str, locale: str | None) -> Iterator[Finding]:
    if not _COUNTRY.fullmatch(country):
        return
    home = HOMES.get(currency)
    if home is not None and country not in home:
        yield Kind.COUNTRY_NOT_OF_CURRENCY, {"country": country, "currency": currency}
    region = next((part for part in re.split("[-_]", locale or "")[1:] if _COUNTRY.fullmatch(part.upper())), None)
    if region is not None and region.upper() != country:
        yield Kind.COUNTRY_NOT_OF_LOCALE, {"country": country, "locale": str(locale)}


_COUNTRY: Final = re.compile("[A-Z]{2}")
#: Where a currency is at home (ISO 3166). What is not listed is no signal.
HOMES: Final[Mapping[str, frozenset[str]]] = {
    currency: frozenset(countries.split())
    for currency, countries in {
        "AUD": "AU CC CX KI NF NR TV",
        "CAD": "CA",
        "CHF": "CH LI",
        "CZK": "CZ",
        "DKK": "DK FO GL",
        "EUR": "AD AT AX BE BG BL CY DE EE ES FI FR GF GP GR HR IE IT LT LU LV MC ME MF MQ MT NL PM PT RE SI SK SM TF"
        " VA XK YT",
        "GBP": "GB GG IM JE",
        "HUF": "HU",
        "JPY": "JP",
        "NOK": "BV NO SJ",
        "NZD": "CK NU NZ PN TK",
        "PLN": "PL",
        "SEK": "SE",
        "USD": "AS BQ EC FM GU MH MP PA PR PW SV TC TL UM US VG VI",
    }.items()
}
