"""What each run is about: its house, its lots, and what buyers and operators will do. All drawn by the seed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from domain.settlement import LatePolicy
from proof.simulation.dice import Dice

_CURRENCIES: Final = {"USD": 0.7, "EUR": 0.2, "JPY": 0.1}
#: What buyers do with the page that they are given. The weights are those of a bad day.
HABITS: Final = {
    "pays": 30.0,
    "pays_at_once": 6.0,
    "declined_then_pays": 8.0,
    "declined_pays_next_page": 8.0,
    "declined_always": 4.0,
    "three_ds": 5.0,
    "three_ds_fails_then_pays": 3.0,
    "three_ds_left": 3.0,
    "debit": 4.0,
    "debit_fails": 3.0,
    "debit_late": 3.0,
    "debit_fails_late": 2.0,
    "last_second": 9.0,
    "two_tabs": 5.0,
    "too_late": 3.0,
    "never": 6.0,
    "asks_for_retry": 4.0,
    "disputed": 2.0,
    "warned": 1.0,
    "elevated": 3.0,
    "highest": 1.0,
    "refund_fails": 3.0,
    "refund_pends": 1.5,
    "pays_other_amount": 3.0,
    "disputes_later": 2.0,
}
#: What an operator does to a payment, once.
ACTS: Final = {
    "nothing": 120.0,
    "extend": 10.0,
    "terminate": 4.0,
    "close": 3.0,
    "retry": 3.0,
    "refund": 6.0,
    "refund_part": 8.0,
    "refund_twice": 8.0,
}


#: Seconds in which what happens is heard together: houses that are idle, and such that are busy.
_BEATS: Final[dict[str, float]] = {"1": 0.3, "3": 0.3, "6": 0.4, "15": 1, "30": 2, "60": 4}
#: Seconds at whose multiples crowds of buyers act.
_CROWDS: Final[dict[str, float]] = {"1": 0.3, "15": 0.3, "30": 1, "60": 2, "120": 2, "300": 3}
#: Moments at which lots are sold: an auction closes all of its lots together, or several auctions one after the other.
_WAVES: Final[dict[str, float]] = {"1": 3, "4": 2, "12": 1}
#: Beats, or crowds, of the shortest window at least: nobody may hear of it too late.
_BEATS_OF_WINDOW: Final = 4
_WITH_MAIL, _RIVALS, _SECOND_CHANCES, _GUARDED = 0.2, 0.05, 0.3, 0.4
#: Makers who have a Stripe account of their own, of the seven that there are.
ACCOUNTS: Final = {"maker-2": "acct_simulated2", "maker-5": "acct_simulated5"}


@dataclass(frozen=True, slots=True)
class HouseRules:
    """How the house of one run is set up."""

    window: timedelta
    instant_window: timedelta
    grace: timedelta
    retry_backoff: tuple[timedelta, ...]
    late_policy: LatePolicy
    #: Seconds from a payment to Stripe's booking it.
    capture_delay: float
    #: Seconds between two looks of workers that nobody has rung for.
    look: float
    #: What happens within so many seconds is told and heard together: how busy the house is.
    beat: float
    #: In so many moments all lots are sold.
    waves: int
    #: Part of all lots that the auction service asks for by HTTP.
    by_http: float
    #: Many buyers act in the same moment: at the next multiple of so many seconds.
    crowd: float
    #: The part of buyers who do.
    together: float
    #: Threads of a process that open checkouts, and share their transactions.
    threads: int
    #: Whether people are written to.
    mails: bool
    #: Whether calls to Stripe pass the breaker and the limiter.
    guarded: bool


@dataclass(frozen=True, slots=True)
class Lot:
    """One hammer fallen: what the auction service asks for, and what people will do."""

    name: str
    starts: float
    message: dict[str, Any]
    habit: str
    act: str
    #: Seconds from the page's opening to the buyer's first step.
    hesitates: float
    #: The buyer acts when many others do.
    in_crowd: bool
    #: Seconds from the start to the operator's act.
    acts_at: float
    #: Another buyer asks for the same lot at the same time.
    rival: bool
    #: The lot is offered to somebody else once it is reopened.
    second_chance: bool
    #: The auction service asks by HTTP, and waits for the page.
    by_http: bool


def _windows(dice: Dice) -> tuple[float, float]:
    standard = dice.choose({"20": 2, "35": 3, "60": 2, "0.5": 0.5, "1440": 0.5}, "window")
    return float(standard), float(dice.choose({"10": 3, "1": 1}, "instant window"))


def draw_rules(dice: Dice) -> HouseRules:
    """The house of this seed."""
    minutes, instant_minutes = _windows(dice)
    longest = 60 * min(minutes, instant_minutes) / _BEATS_OF_WINDOW
    beat = min(float(dice.choose(_BEATS, "beat")), longest)
    look = dice.choose({"2": 0.5, "6": 1, "beat": 4}, "look")
    backoff = dice.choose({"1,5,15": 3, "0.05,0.1": 1, "0.5": 1}, "backoff")
    return HouseRules(
        window=timedelta(minutes=minutes),
        instant_window=timedelta(minutes=instant_minutes),
        grace=timedelta(seconds=float(dice.choose({"10": 3, "0": 1}, "grace"))),
        retry_backoff=tuple(timedelta(minutes=float(one)) for one in backoff.split(",")),
        late_policy=LatePolicy(dice.choose({"refund": 2, "honor": 1}, "late policy")),
        capture_delay=float(dice.choose({"1": 3, "30": 1, "900": 1}, "capture")),
        look=max(beat, 6.0) if look == "beat" else float(look),
        beat=beat,
        crowd=min(float(dice.choose(_CROWDS, "crowd")), longest),
        together=float(dice.choose({"0.97": 3, "0.7": 1}, "together")),
        waves=int(dice.choose(_WAVES, "waves")),
        threads=int(dice.choose({"1": 1, "4": 2, "16": 3}, "threads")),
        by_http=float(dice.choose({"0.02": 3, "0.15": 1}, "by http")),
        mails=dice.throw("mails") < _WITH_MAIL,
        guarded=dice.throw("guarded") < _GUARDED,
    )


def draw_lot(dice: Dice, number: int, rules: HouseRules) -> Lot:
    """The n-th lot. It depends on nothing but the seed and its number."""
    name = f"lot-{number}"
    policy = dice.choose({"standard": 0.8, "instant": 0.2}, name, "policy")
    currency = "USD" if policy == "instant" else dice.choose(_CURRENCIES, name, "currency")
    major = int(dice.between(3, 900, name, "amount"))
    cents = "" if currency == "JPY" else f".{int(100 * dice.throw(name, 'cents')):02}"
    if currency == "JPY":
        major *= 100
    window = (rules.window if policy == "standard" else rules.instant_window).total_seconds()
    # Operators do what has come together meanwhile.
    shift = max(60.0, window / 40)
    message = {
        "auction_id": name,
        "buyer_id": f"buyer-{number}",
        "maker_id": f"maker-{number % 7}",
        "amount": f"{major}{cents}",
        "currency": currency,
        "title": f"Lot {number}",
        "buyer_email": f"buyer{number}@example.com",
        "policy": policy,
    }
    if message["maker_id"] in ACCOUNTS:
        message["maker_stripe_account"] = ACCOUNTS[message["maker_id"]]
    # Most hesitate for a few beats, so that many act at the same time; some for any time.
    beats = 30.0 * int(1 + 3 * dice.throw(name, "beat"))
    any_time = dice.throw(name, "any time") * window
    in_crowd = dice.throw(name, "steady") < rules.together
    return Lot(
        name=name,
        starts=30.0 * int(rules.waves * dice.throw(name, "start")),
        message=message,
        habit=dice.choose(HABITS, name, "habit"),
        act=dice.choose(ACTS, name, "act"),
        hesitates=min(beats, any_time) if in_crowd else any_time,
        in_crowd=in_crowd,
        acts_at=shift * int(window * dice.between(0.05, 1.3, name, "acts at") / shift),
        rival=dice.throw(name, "rival") < _RIVALS,
        second_chance=dice.throw(name, "second") < _SECOND_CHANCES,
        by_http=dice.throw(name, "http") < rules.by_http,
    )
