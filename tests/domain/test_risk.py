"""Risk: one table of weights, and a score that is the same in whatever order its reasons came."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.risk import ALERT_AT, HIGHEST, HOLD_AT, WEIGHTS, Kind, Seen, Velocity, assess, suspicions


def found(velocity: Velocity = Velocity(), **given_: str | None) -> list[Kind]:  # noqa: B008 - frozen
    place: dict[str, str | None] = {"country": None, "currency": "USD", "locale": None}
    return [kind for kind, _ in suspicions(velocity, **(place | given_))]  # type: ignore[arg-type]


def test_every_kind_has_its_weight() -> None:
    assert set(WEIGHTS) == set(Kind)
    assert all(0 <= weight.points <= HIGHEST for weight in WEIGHTS.values())


@given(st.lists(st.sampled_from(list(Kind))))
def test_a_score_is_between_none_and_all_and_grows_with_each_reason(kinds: list[Kind]) -> None:
    scores = [assess(kinds[:number]).score for number in range(len(kinds) + 1)]
    assert scores == sorted(scores)
    assert all(0 <= score <= HIGHEST for score in scores)


def test_order_and_repeats_change_nothing() -> None:
    kinds = [Kind.RADAR_ELEVATED, Kind.MANY_SESSIONS, Kind.DECLINED, Kind.MANY_SESSIONS]
    assert len({repr(assess(order)) for order in permutations(kinds)}) == 1
    assert assess(kinds).reasons == (Kind.RADAR_ELEVATED, Kind.MANY_SESSIONS)


def test_one_strong_signal_alerts_and_two_hold() -> None:
    for strong in (Kind.MANY_BUYERS_ON_DEVICE, Kind.MANY_DECLINES, Kind.RADAR_HIGHEST):
        assert ALERT_AT <= assess([strong]).holding < HOLD_AT
    assert assess([Kind.MANY_BUYERS_ON_DEVICE, Kind.MANY_DECLINES]).holding >= HOLD_AT
    assert assess([Kind.RADAR_HIGHEST, Kind.RADAR_BLOCKED]).holding >= HOLD_AT


def test_weak_signals_alone_do_neither() -> None:
    weak = [Kind.MANY_SESSIONS, Kind.COUNTRY_NOT_OF_CURRENCY, Kind.COUNTRY_NOT_OF_LOCALE]
    assert assess(weak).score < ALERT_AT


def test_an_issuers_warning_never_holds() -> None:
    assessment = assess([Kind.FRAUD_WARNING])
    assert (assessment.score >= HOLD_AT, assessment.holding) == (True, 0)


def test_an_ordinary_session_is_not_conspicuous() -> None:
    ordinary = Velocity(Seen(3, 2, frozenset({"b"})), Seen(3, 2, frozenset({"b"})), Seen(9, 5, frozenset({"a", "b"})))
    assert found(ordinary, country="US", locale="en-US") == []


@pytest.mark.parametrize("who", ["buyer", "email", "device"])
def test_too_much_of_anyone_is_conspicuous(who: str) -> None:
    assert found(Velocity(**{who: Seen(sessions=30)})) == [Kind.MANY_SESSIONS]
    assert found(Velocity(**{who: Seen(declines=6)})) == [Kind.MANY_DECLINES]


def test_many_buyers_count_on_a_device_alone() -> None:
    many = Seen(4, 0, frozenset("abcd"))
    assert found(Velocity(device=many)) == [Kind.MANY_BUYERS_ON_DEVICE]
    assert found(Velocity(email=many)) == []


@pytest.mark.parametrize(
    ("country", "currency", "locale", "kinds"),
    [
        ("DE", "EUR", "de-DE", []),
        ("de", "EUR", "de_DE", []),
        ("AT", "EUR", "de-DE", [Kind.COUNTRY_NOT_OF_LOCALE]),
        ("NG", "USD", None, [Kind.COUNTRY_NOT_OF_CURRENCY]),
        ("NG", "USD", "en-GB", [Kind.COUNTRY_NOT_OF_CURRENCY, Kind.COUNTRY_NOT_OF_LOCALE]),
        ("HK", "HKD", "zh-Hant-HK", []),
        ("TW", "HKD", "zh-Hant-HK", [Kind.COUNTRY_NOT_OF_LOCALE]),
        ("Germany", "USD", "en-US", []),
        (None, "USD", "de-DE", []),
    ],
)
def test_a_country_is_compared_with_currency_and_language(
    country: str | None, currency: str, locale: str | None, kinds: list[Kind]
) -> None:
    assert found(country=country, currency=currency, locale=locale) == kinds
