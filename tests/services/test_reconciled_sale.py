"""A whole sale whose webhooks get lost ends right; and what reconciliation costs in calls to Stripe.

`GAVELPAY_SALE=200` makes it the trial that docs/reliability.md tells of; by default it is smaller.
"""

import os
from random import Random
from uuid import UUID

import pytest

from domain.lifecycle import Status
from tests.house import House
from tests.services.reconciling import calls, deliver, pass_time, sweep

# Hundreds of lives along the same lines, which other tests cover: counting them takes half of the time again.
pytestmark = [pytest.mark.long("sale"), pytest.mark.no_cover]
PAYMENTS = int(os.environ.get("GAVELPAY_SALE", "80"))
LOSS = 0.3
GOOD, DECLINED, BROKE = "4242424242424242", "4000000000000002", "4000000000009995"


def test_with_three_of_ten_webhooks_lost_for_good_all_payments_end_right(home: House) -> None:
    dice = Random(11)  # noqa: S311 - the same losses each time
    sessions: list[UUID] = []
    fates: dict[UUID, str] = {}
    lost = 0
    for number in range(PAYMENTS):
        instant = number % 4 == 3
        session_id = home.opened(auction_id=f"lot-{number}", policy="instant" if instant else "standard")
        sessions.append(session_id)
        fates[session_id] = dice.choices(("pays", "declined, pays", "declined", "never"), (60, 15, 10, 15))[0]
        if "declined" in fates[session_id]:
            home.pay(session_id, dice.choice((DECLINED, BROKE)))
        if "pays" in fates[session_id]:
            home.pay(session_id, GOOD)
        if number % 10 == 9:
            home.forward(seconds=45)
            lost += deliver(home, dice, LOSS)
            sweep(home)
    assert lost > 0.2 * PAYMENTS
    pass_time(home, minutes=25)

    for session_id in sessions:
        status = home.payment(session_id).session.status
        if "pays" in fates[session_id]:
            assert status is Status.COMPLETED, fates[session_id]
        else:
            assert status is not Status.COMPLETED

    for _ in range(26):  # a day: the windows of those who never pay end, and their webhooks are lost as often
        home.forward(hours=1)
        deliver(home, dice, LOSS)
        sweep(home)
    pass_time(home, minutes=60, step=5)
    for session_id in sessions:
        payment = home.payment(session_id)
        assert payment.session.status is (Status.COMPLETED if "pays" in fates[session_id] else Status.EXPIRED)
        assert not [one for one in payment.attempts if one.status == "open"]
    kept = home.app.database.rows("SELECT sum(amount_minor), count(*) FROM transactions WHERE disposition = 'kept'")
    books = home.sandbox.core.books()["totals"]["usd"]
    assert kept == [(books["kept"], books["charges"])]
    # Everything that a lost webhook would have told of the money is known, too.
    unknown = """SELECT count(*) FROM transactions WHERE stripe_fee_minor IS NULL OR stripe_charge_id IS NULL
                 OR method_last4 IS NULL"""
    assert home.app.database.rows(unknown) == [(0,)]
    assert home.app.explain_money.unexplained() == {"USD": 0}


def test_a_hundred_paid_auctions_cost_five_calls_more_than_a_hundred(home: House) -> None:
    dice = Random(3)  # noqa: S311 - nothing is lost; the same order each time
    sessions: list[UUID] = []
    for number in range(100):  # one every five seconds, each paid half a minute later
        if number >= 6:
            home.pay(sessions[number - 6])
        home.forward(seconds=5)
        deliver(home, dice, 0.0)
        sessions.append(home.opened(auction_id=f"lot-{number}"))
        sweep(home)
    for session_id in sessions[-6:]:
        home.pay(session_id)
    for _ in range(60):
        home.forward(seconds=30)
        deliver(home, dice, 0.0)
        sweep(home)

    assert {home.payment(session_id).session.status for session_id in sessions} == {Status.COMPLETED}
    assert home.app.explain_money.unexplained() == {"USD": 0}
    assert calls(home)["checkout.sessions.create"] == 100
    assert sum(calls(home).values()) <= 105, calls(home)


def test_a_busy_hour_costs_less_than_five_hundredths_of_a_call_for_each_auction_beside_its_creation(
    home: House,
) -> None:
    dice = Random(4)  # noqa: S311
    for _ in range(14):  # ten in each minute and a half: 400 in an hour
        sessions = [home.opened(auction_id=f"lot-{dice.random()}") for _ in range(10)]
        for _ in range(3):
            home.forward(seconds=30)
            sweep(home)
        for session_id in sessions:
            home.pay(session_id)
        deliver(home, dice, 0.0)
    paid = calls(home)["checkout.sessions.create"]
    assert paid == 140
    assert sum(calls(home).values()) <= 1.05 * paid, calls(home)


def test_an_idle_house_asks_nothing(home: House) -> None:
    pass_time(home, minutes=180, step=5)
    assert calls(home) == {}
