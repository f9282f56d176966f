"""What keys do not tell is looked up at Stripe: never guessed, and for many attempts at once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.attempt import AttemptStatus, CheckoutAttempt
from domain.errors import USED_UP
from domain.lifecycle import Status
from domain.opening import NOT_OPENED
from tests.crashes import Died
from tests.house import House
from tests.services.test_open_checkout_crashes import POINTS, dying

LIST = "checkout.sessions.list"


def attempts_of(home: House, session_id: UUID) -> list[CheckoutAttempt]:
    return home.payment(session_id).attempts


def ask_otherwise(home: House, session_id: UUID) -> None:
    """Stripe has answered, the answer was lost, and what is asked the next time differs: as after a faulty release."""
    home.sandbox.fault("lost_after", "checkout.sessions.create", count=1)
    assert home.app.open_checkouts(session_id) == 1
    with home.app.store.begin() as uow:
        payment = uow.payments.lock_one(session_id)
        assert payment is not None
        (attempt,) = payment.attempts
        attempt.request = (attempt.request or {}) | {"locale": "de"}


def work_for(home: House, seconds: int) -> None:
    for _ in range(seconds // 5):
        home.work()
        home.forward(seconds=5)


def test_a_key_that_was_used_with_other_parameters_is_looked_up_and_what_exists_is_used(home: House) -> None:
    session_id = home.require()
    ask_otherwise(home, session_id)
    work_for(home, 60)

    (attempt,) = attempts_of(home, session_id)
    assert attempt.status is AttemptStatus.OPEN
    assert [attempt.stripe_checkout_id] == [one["id"] for one in home.stripe_has()]
    assert "checkout_refused" not in home.actions(session_id)


def test_a_key_that_somebody_else_used_is_left_to_them_and_the_next_one_is_taken(home: House) -> None:
    """As on a restored database, which has forgotten the payment that Stripe was asked for."""
    forgotten = home.opened()
    (attempt,) = attempts_of(home, forgotten)
    request: dict[str, Any] = (attempt.request or {}) | {"metadata": {"payment_session_id": "of another database"}}
    theirs = home.app.stripe.open(attempt.kind, request, idempotency_key="auction-2:buyer-2:1")

    session_id = home.require(auction_id="auction-2", buyer_id="buyer-2")
    work_for(home, 60)

    assert [(one.status, one.idempotency_key) for one in attempts_of(home, session_id)] == [
        (AttemptStatus.REFUSED, "auction-2:buyer-2:1"),
        (AttemptStatus.OPEN, "auction-2:buyer-2:2"),
    ]
    assert attempts_of(home, session_id)[1].stripe_checkout_id != theirs.checkout_id
    assert home.payment(session_id).session.reason is None


def test_fifty_attempts_whose_error_stripe_has_saved_are_looked_up_in_one_walk(home: House) -> None:
    for number in range(120):  # more than a page of the list
        home.opened(auction_id=f"other-{number}", buyer_id=f"buyer-{number}")
    home.forward(minutes=5)
    home.sandbox.fault("error_after", "checkout.sessions.create", count=50)
    mine = [home.require(auction_id=f"mine-{number}", buyer_id=f"me-{number}") for number in range(50)]
    calls = home.sandbox.core.world.calls
    before = calls[LIST]
    work_for(home, 60)

    for session_id in mine:
        (attempt,) = attempts_of(home, session_id)
        assert attempt.status is AttemptStatus.OPEN
    assert len(home.stripe_has()) == 170
    assert calls[LIST] - before <= 3


@pytest.mark.parametrize("point", POINTS)
def test_looking_up_survives_death(home: House, point: str) -> None:
    sessions = [home.require(auction_id=f"auction-{number}", buyer_id=f"me-{number}") for number in range(2)]
    home.sandbox.fault("error_after", "checkout.sessions.create", count=2)
    home.work()
    while any(one.last_error not in USED_UP for session_id in sessions for one in attempts_of(home, session_id)):
        home.forward(seconds=5)
        home.work()
    home.forward(seconds=20)
    with pytest.raises(Died):
        dying(home.app.open_checkouts, point, "find")()

    home.leases_run_out()
    work_for(home, 60)

    for session_id in sessions:
        (attempt,) = attempts_of(home, session_id)
        assert attempt.status is AttemptStatus.OPEN
        assert home.actions(session_id) == ["payment_required", "checkout_created"]
    assert len(home.stripe_has()) == 2


def test_a_list_that_cannot_be_read_is_asked_for_again_and_nothing_is_opened_meanwhile(home: House) -> None:
    session_id = home.require()
    home.sandbox.fault("error_after", "checkout.sessions.create", count=1)
    home.sandbox.fault("error_before", LIST)
    work_for(home, 120)
    assert [one.status for one in attempts_of(home, session_id)] == [AttemptStatus.OPENING]
    asked = home.sandbox.core.world.calls["checkout.sessions.create"]

    home.sandbox.clear_faults()
    home.forward(minutes=15)
    home.work()
    assert [one.status for one in attempts_of(home, session_id)] == [AttemptStatus.OPEN]
    assert home.sandbox.core.world.calls["checkout.sessions.create"] == asked
    assert len(home.stripe_has()) == 1


def live_on(home: House, hours: float) -> None:
    for _ in range(int(hours * 60)):
        home.forward(minutes=1)
        home.work()


@pytest.fixture
def failing(home: House) -> House:
    """A house whose Stripe begins every checkout, and saves its failure under the key."""
    home.sandbox.fault("error_begun", "checkout.sessions.create")
    return home


def test_where_one_attempt_after_the_other_comes_to_nothing_an_operator_is_asked(failing: House) -> None:
    session_id = failing.require()
    live_on(failing, 4)

    payment = failing.payment(session_id)
    assert (payment.session.status, payment.session.hold_reason) == (Status.PENDING, NOT_OPENED)
    assert [one.status for one in payment.attempts] == [AttemptStatus.REFUSED] * 7 + [AttemptStatus.OPENING]
    assert payment.session.held_at is not None
    assert payment.session.held_at - payment.session.created_at > timedelta(minutes=100)
    assert failing.actions(session_id).count("checkout_held") == 1
    assert failing.told() == ["auction.payment_pending", "auction.payment_failed"]
    calls = failing.sandbox.core.world.calls["checkout.sessions.create"]
    live_on(failing, 1)
    assert failing.sandbox.core.world.calls["checkout.sessions.create"] == calls


def test_an_operator_who_ends_the_hold_has_the_checkout_opened(failing: House) -> None:
    session_id = failing.require()
    live_on(failing, 4)
    failing.sandbox.clear_faults()
    failing.app.release_hold(session_id, "admin:alice", "Stripe is well again")
    failing.work()

    payment = failing.payment(session_id)
    assert payment.attempts[-1].status is AttemptStatus.OPEN
    assert (payment.session.held_at, payment.session.reason) == (None, None)


def test_a_hold_for_want_of_a_checkout_does_not_stop_the_window(failing: House) -> None:
    session_id = failing.require()
    live_on(failing, 4)
    failing.forward(hours=24)
    failing.work()

    payment = failing.payment(session_id)
    assert payment.session.status is Status.EXPIRED
    assert payment.attempts[-1].status is AttemptStatus.CLOSED
    assert failing.stripe_has() == []


def test_a_stripe_that_fails_for_an_hour_needs_no_operator(failing: House) -> None:
    session_id = failing.require()
    live_on(failing, 1)
    failing.sandbox.clear_faults()
    live_on(failing, 2)
    payment = failing.payment(session_id)
    assert payment.attempts[-1].status is AttemptStatus.OPEN
    assert payment.session.held_at is None
