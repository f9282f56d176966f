"""Windows end by the clock: once, whoever sweeps, and never over money that came in time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.attempt import AttemptStatus
from domain.errors import IllegalTransition, NotFound
from domain.lifecycle import Status
from domain.windows import PATIENCE
from models.unit_of_work import UnitOfWork
from tests.house import House, house


@pytest.fixture
def short(database_url: str) -> Iterator[House]:
    """A house whose windows are shorter than Stripe's checkouts can be."""
    with house(database_url, PAYMENT_WINDOW_MINUTES="1", INSTANT_WINDOW_MINUTES="1") as home:
        yield home
        assert home.app.check_invariants() == []


def test_before_the_grace_is_over_nothing_ends(home: House) -> None:
    session_id = home.opened()
    home.time.at = home.payment(session_id).session.window_expires_at + timedelta(seconds=9)
    assert home.app.expire_windows() == 0
    home.time.forward(seconds=1)
    assert home.app.expire_windows() == 1


def test_where_stripes_end_is_the_windows_end_stripe_is_not_asked(home: House) -> None:
    session_id = home.opened()
    calls = home.sandbox.core.world.calls.copy()
    home.time.forward(hours=24, seconds=11)
    assert home.app.expire_windows() == 1
    assert home.app.open_checkouts() == 0

    assert home.payment(session_id).session.status is Status.EXPIRED
    assert home.told() == ["auction.payment_pending", "auction.reopened"]
    assert home.sandbox.core.world.calls == calls


def test_what_is_sealed_outlives_the_window_unopened(short: House) -> None:
    before = short.payment(short.opened())
    short.forward(minutes=2)
    assert short.app.expire_windows() == 1
    short.work()

    after = short.payment(before.session.id)
    assert after.session.status is Status.EXPIRED
    assert (after.session.buyer_email, after.session.risk) == (before.session.buyer_email, before.session.risk)
    assert [(one.url, one.request) for one in after.attempts] == [(one.url, one.request) for one in before.attempts]


def test_who_takes_a_checkout_in_hand_meanwhile_is_not_written_over(short: House) -> None:
    session_id = short.opened()
    short.forward(minutes=2)
    app, sweeps = short.app, list[int]()

    @contextmanager
    def overtaken() -> Iterator[UnitOfWork]:
        with app.store.begin() as uow:
            yield uow
            sweeps.append(1)
            if len(sweeps) == 1:  # as whoever claims it does
                app.database.rows("UPDATE checkout_attempts SET tries = 7 RETURNING id")

    assert replace(app.expire_windows, begin=overtaken)() == 1
    (attempt,) = short.payment(session_id).attempts
    assert (attempt.close_requested_at, attempt.tries, len(sweeps)) == (short.time(), 0, 2)


def test_many_sweeps_at_once_end_each_window_once(home: House) -> None:
    sessions = [home.require(auction_id=f"auction-{number}") for number in range(30)]
    home.time.forward(hours=25)
    with ThreadPoolExecutor(8) as threads:
        moved = list(threads.map(lambda _: home.app.expire_windows(7), range(24)))
    assert sum(moved) == 30
    assert {home.payment(session_id).session.status for session_id in sessions} == {Status.EXPIRED}
    assert home.app.database.rows("SELECT count(*) FROM outbox WHERE type = 'auction.reopened'") == [(30,)]
    assert home.app.database.rows("SELECT count(*) FROM audit_entries WHERE action = 'payment_expired'") == [(30,)]
    home.work()


def test_a_checkout_that_outlives_its_window_is_closed_at_stripe_first(short: House) -> None:
    session_id = short.opened()
    short.forward(minutes=2)
    assert short.app.due["windows.expire"]() == short.app.expire_windows() == 1
    assert short.payment(session_id).session.status is Status.PENDING
    assert short.app.due["windows.expire"]() == short.app.expire_windows() == 0  # it waits for Stripe, not for sweeps
    assert short.app.open_checkouts() == 1

    payment = short.payment(session_id)
    assert payment.session.status is Status.EXPIRED
    assert [attempt.status for attempt in payment.attempts] == [AttemptStatus.CLOSED]
    assert short.stripe_has()[0]["status"] == "expired"


def test_a_payment_of_the_last_second_whose_webhook_is_late_counts(short: House) -> None:
    session_id = short.opened()
    short.forward(seconds=59)
    short.pay(session_id)
    short.forward(seconds=30)
    short.app.expire_windows()
    short.work()

    payment = short.payment(session_id)
    assert payment.session.status is Status.COMPLETED
    assert payment.refunds == []
    short.hear()
    assert short.told() == ["auction.payment_pending", "auction.sold", "order.requested"]


def test_a_payment_between_the_end_and_the_sweep_is_sent_back(short: House) -> None:
    session_id = short.opened()
    short.forward(seconds=63)
    short.pay(session_id)
    short.forward(seconds=10)
    short.work()
    short.hear()

    payment = short.payment(session_id)
    assert payment.session.status is Status.EXPIRED
    assert short.told() == ["auction.payment_pending", "auction.reopened"]
    assert [refund.amount_minor for refund in payment.refunds] == [27550]


def test_when_stripe_stays_silent_the_lot_is_reopened_without_its_word(short: House) -> None:
    session_id = short.opened()
    short.forward(minutes=2)
    short.sandbox.fault("lost_before")
    short.work()
    assert short.payment(session_id).session.status is Status.PENDING
    short.forward(seconds=PATIENCE.total_seconds())
    short.work()
    assert short.payment(session_id).session.status is Status.EXPIRED

    short.sandbox.clear_faults()
    short.forward(minutes=1)
    short.work()
    assert short.stripe_has()[0]["status"] == "expired"
    assert short.told() == ["auction.payment_pending", "auction.reopened"]


def test_a_payment_intent_is_canceled_at_its_windows_end(short: House) -> None:
    session_id = short.opened(policy="instant")
    attempt = short.payment(session_id).newest_attempt
    assert attempt is not None
    assert attempt.client_secret is not None
    short.forward(minutes=2)
    short.work()
    assert short.payment(session_id).session.status is Status.EXPIRED
    assert short.stripe_has("payment_intent")[0]["status"] == "canceled"


def test_a_checkout_that_never_opened_leaves_nothing_open_at_stripe(short: House) -> None:
    session_id = short.require()
    short.sandbox.fault("lost_after", "checkout.sessions.create", count=1)
    short.app.open_checkouts()
    short.forward(minutes=2)
    short.app.expire_windows()
    assert short.payment(session_id).session.status is Status.EXPIRED

    short.forward(minutes=1)
    short.work()
    payment = short.payment(session_id)
    assert [attempt.status for attempt in payment.attempts] == [AttemptStatus.CLOSED]
    assert [one["status"] for one in short.stripe_has()] == ["expired"]


def test_a_request_that_was_never_sent_is_never_sent_after_the_end(short: House) -> None:
    session_id = short.require()
    short.forward(minutes=2)
    short.work()
    assert short.payment(session_id).session.status is Status.EXPIRED
    assert short.stripe_has() == []


def test_the_auction_may_close_a_window_before_its_end(home: House) -> None:
    session_id = home.opened()
    home.app.close_by_request(session_id, "service:auctions")
    home.app.close_by_request(session_id, "service:auctions")
    home.work()
    payment = home.payment(session_id)
    assert (payment.session.status, payment.session.reason) == (Status.EXPIRED, "closed_by_request")
    assert home.told() == ["auction.payment_pending", "auction.reopened"]
    assert home.stripe_has()[0]["status"] == "expired"


def test_a_paid_payment_cannot_be_closed(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    home.hear()
    with pytest.raises(IllegalTransition):
        home.app.close_by_request(session_id, "admin")


def test_what_does_not_exist_cannot_be_closed(home: House) -> None:
    with pytest.raises(NotFound):
        home.app.close_by_request(home.app.new_id(), "admin")
