"""Operators give more time, or end a window; the Stripe object follows."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from domain.attempt import AttemptCause, AttemptStatus
from domain.errors import IllegalTransition, NotFound, OfferRefused
from domain.lifecycle import Status
from tests.house import House, house

ADMIN = "admin:alice"


@pytest.fixture
def long(database_url: str) -> Iterator[House]:
    """A house whose windows are longer than any checkout at Stripe."""
    with house(database_url, PAYMENT_WINDOW_MINUTES="4320") as home:
        yield home
        assert home.app.check_invariants() == []


def test_an_extension_moves_the_end_and_a_fresh_checkout_follows_when_the_old_one_ends(home: House) -> None:
    session_id = home.opened()
    end = home.payment(session_id).session.window_expires_at
    home.app.extend_window(session_id, timedelta(hours=2), "asked by telephone", ADMIN)
    session = home.payment(session_id).session
    assert session.window_expires_at == end + timedelta(hours=2)
    assert session.window_version == 3

    home.work()
    assert [attempt.status for attempt in home.payment(session_id).attempts] == [AttemptStatus.OPEN]
    home.time.at = end + timedelta(seconds=20)
    home.sandbox.advance()
    home.work()
    payment = home.payment(session_id)
    assert [attempt.cause for attempt in payment.attempts] == [AttemptCause.FIRST, AttemptCause.EXTENSION]
    assert payment.attempts[1].status is AttemptStatus.OPEN
    assert (payment.session.status, payment.session.retry_count) == (Status.PENDING, 0)

    home.pay(session_id)
    home.hear()
    assert home.payment(session_id).session.status is Status.COMPLETED
    assert "window_extended" in home.actions(session_id)


def test_the_extended_window_ends_in_its_turn(home: House) -> None:
    session_id = home.opened()
    home.app.extend_window(session_id, timedelta(hours=2), "asked", ADMIN)
    home.forward(hours=25)
    home.work()
    assert home.payment(session_id).session.status is Status.PENDING
    home.forward(hours=1, minutes=5)
    home.work()
    assert home.payment(session_id).session.status is Status.EXPIRED
    assert [one["status"] for one in home.stripe_has()] == ["expired", "expired"]


@pytest.mark.parametrize(
    ("hours", "changes", "code"),
    [
        (49, {}, "beyond_maximum"),
        (0, {}, "not_positive"),
        (-1, {}, "not_positive"),
        (2, {"max_extension_minutes": 60}, "beyond_maximum"),
    ],
)
def test_what_the_policy_forbids_is_refused_and_audited(
    home: House, hours: float, changes: dict[str, int], code: str
) -> None:
    session_id = home.opened(**changes)
    before = home.payment(session_id).session.window_expires_at
    with pytest.raises(OfferRefused) as refused:
        home.app.extend_window(session_id, timedelta(hours=hours), "please", ADMIN)
    assert refused.value.code == code
    assert home.payment(session_id).session.window_expires_at == before
    assert home.actions(session_id)[-1] == "extension_refused"


def test_extensions_add_up_to_the_maximum(home: House) -> None:
    session_id = home.opened()
    home.app.extend_window(session_id, timedelta(hours=40), "once", ADMIN)
    with pytest.raises(OfferRefused, match="in all"):
        home.app.extend_window(session_id, timedelta(hours=9), "twice", ADMIN)


def test_a_window_that_is_over_or_paid_cannot_be_extended(home: House) -> None:
    paid, over = home.opened(), home.opened(auction_id="auction-2")
    home.pay(paid)
    home.hear()
    home.app.close_by_request(over, "admin")
    for session_id in (paid, over):
        with pytest.raises(OfferRefused) as refused:
            home.app.extend_window(session_id, timedelta(hours=1), "late", ADMIN)
        assert refused.value.code == "already_over"
    home.work()


def test_a_terminated_window_is_canceled_and_the_lot_reopened(home: House) -> None:
    session_id = home.opened()
    home.app.terminate_window(session_id, "the lot is broken", ADMIN)
    home.app.terminate_window(session_id, "the lot is broken", ADMIN)
    home.work()
    payment = home.payment(session_id)
    assert payment.session.status is Status.CANCELED
    assert home.told() == ["auction.payment_pending", "auction.reopened"]
    assert home.stripe_has()[0]["status"] == "expired"
    assert home.actions(session_id).count("payment_canceled") == 1


def test_money_that_comes_after_a_termination_is_sent_back(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    events = home.new_events()
    home.app.terminate_window(session_id, "withdrawn", ADMIN)
    home.hear(*events)
    home.work()
    home.hear()
    payment = home.payment(session_id)
    assert payment.session.status is Status.CANCELED
    assert [refund.amount_minor for refund in payment.refunds] == [27550]


def test_a_paid_payment_cannot_be_terminated_and_the_try_is_audited(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    home.hear()
    with pytest.raises(IllegalTransition):
        home.app.terminate_window(session_id, "too late", ADMIN)
    assert home.actions(session_id)[-1] == "termination_refused"


def test_what_does_not_exist_cannot_be_changed(home: House) -> None:
    with pytest.raises(NotFound):
        home.app.extend_window(home.app.new_id(), timedelta(hours=1), "who", ADMIN)
    with pytest.raises(NotFound):
        home.app.terminate_window(home.app.new_id(), "who", ADMIN)


def test_a_window_longer_than_stripes_checkout_gets_another_when_the_first_ends(long: House) -> None:
    session_id = long.opened()
    for day in range(1, 4):
        assert len(long.payment(session_id).attempts) == day
        long.forward(hours=24, seconds=5)
        long.hear()
        long.work()
    long.forward(minutes=1)
    long.work()
    payment = long.payment(session_id)
    assert payment.session.status is Status.EXPIRED
    assert {attempt.cause for attempt in payment.attempts[1:]} == {AttemptCause.REPLACEMENT}
    assert {one["status"] for one in long.stripe_has()} == {"expired"}
