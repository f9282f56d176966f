"""A worker may die at any line of opening or closing a checkout; run again, there is one object and one outcome."""

from dataclasses import replace
from typing import Any

import pytest

from domain.attempt import AttemptStatus
from domain.errors import GatewayUnavailable
from domain.lifecycle import Status
from services.open_checkout import OpenCheckouts
from tests.crashes import Died, DiesAfterCall, DiesBeforeCall, DiesBeforeCommit
from tests.house import House, house

POINTS = ["before the claim is committed", "before the call", "after the call", "before the record is committed"]


def dying(use_case: OpenCheckouts, point: str, method: str) -> OpenCheckouts:
    changes: dict[str, Any] = {
        POINTS[0]: {"begin": DiesBeforeCommit(use_case.begin, 1)},
        POINTS[1]: {"stripe": DiesBeforeCall(use_case.stripe, method)},
        POINTS[2]: {"stripe": DiesAfterCall(use_case.stripe, method)},
        POINTS[3]: {"begin": DiesBeforeCommit(use_case.begin, 2)},
    }
    return replace(use_case, **changes[point])


@pytest.mark.parametrize("point", POINTS)
def test_opening_survives_death(home: House, point: str) -> None:
    session_id = home.require()
    with pytest.raises(Died):
        dying(home.app.open_checkouts, point, "open")()

    home.leases_run_out()
    home.work()

    payment = home.payment(session_id)
    assert payment.newest_attempt is not None
    assert payment.newest_attempt.status is AttemptStatus.OPEN
    assert len(payment.attempts) == 1
    assert len(home.stripe_has()) == 1
    assert home.stripe_has()[0]["id"] == payment.newest_attempt.stripe_checkout_id
    assert home.actions(session_id) == ["payment_required", "checkout_created"]


@pytest.mark.parametrize("point", POINTS)
def test_closing_at_the_windows_end_survives_death(database_url: str, point: str) -> None:
    with house(database_url, PAYMENT_WINDOW_MINUTES="1") as home:
        session_id = home.opened()
        home.forward(minutes=2)
        home.app.expire_windows()
        with pytest.raises(Died):
            dying(home.app.open_checkouts, point, "close")()

        home.leases_run_out()
        home.work()

        payment = home.payment(session_id)
        assert payment.session.status is Status.EXPIRED
        assert home.stripe_has()[0]["status"] == "expired"
        assert home.actions(session_id).count("payment_expired") == 1
        assert home.told() == ["auction.payment_pending", "auction.reopened"]


def test_while_a_lease_lasts_nobody_else_takes_the_work(home: House) -> None:
    home.require()
    with pytest.raises(Died):
        dying(home.app.open_checkouts, POINTS[1], "open")()
    assert home.app.open_checkouts() == 0


def test_who_has_lost_the_lease_writes_nothing(home: House) -> None:
    session_id = home.require()

    class Slow:
        """While this worker waits for Stripe, its lease runs out and another one does the work."""

        def __getattr__(self, name: str) -> Any:
            return getattr(home.app.stripe, name)

        def open(self, *args: Any, **kwargs: Any) -> Any:
            answer = home.app.stripe.open(*args, **kwargs)
            home.leases_run_out()
            assert home.app.open_checkouts() == 1
            return replace(answer, url="https://stale.example/")

    replace(home.app.open_checkouts, stripe=Slow())()

    payment = home.payment(session_id)
    assert payment.newest_attempt is not None
    assert payment.newest_attempt.url != "https://stale.example/"
    assert home.actions(session_id).count("checkout_created") == 1


def test_a_lost_reply_is_asked_for_again_and_one_checkout_is_opened(home: House) -> None:
    session_id = home.require()
    for lost in ("lost_before", "lost_after"):
        home.sandbox.fault(lost, "checkout.sessions.create", count=1)
        assert home.app.open_checkouts() == 1
        payment = home.payment(session_id)
        assert payment.session.status is Status.PENDING
        assert [attempt.status for attempt in payment.attempts] == [AttemptStatus.OPENING]
        assert home.app.open_checkouts() == 0  # not before its time
        home.forward(seconds=30)
    assert home.app.open_checkouts() == 1

    payment = home.payment(session_id)
    assert [attempt.status for attempt in payment.attempts] == [AttemptStatus.OPEN]
    assert len(home.stripe_has()) == 1


def test_an_error_that_stripe_saved_under_the_key_is_looked_up_and_replaced(home: House) -> None:
    session_id = home.require()
    home.sandbox.fault("error_begun", "checkout.sessions.create", count=1)
    for _ in range(6):
        home.work()
        home.forward(seconds=30)

    payment = home.payment(session_id)
    assert [attempt.status for attempt in payment.attempts] == [AttemptStatus.REFUSED, AttemptStatus.OPEN]
    assert payment.attempts[1].idempotency_key == "auction-1:buyer-1:2"
    assert len(home.stripe_has()) == 1


def test_however_often_stripe_fails_a_key_under_which_something_may_still_be_done_is_kept(home: House) -> None:
    session_id = home.require()
    home.sandbox.fault("error_before", "checkout.sessions.create", count=6, status=503)
    for _ in range(10):
        home.work()
        home.forward(seconds=30)

    payment = home.payment(session_id)
    assert [attempt.status for attempt in payment.attempts] == [AttemptStatus.OPEN]
    assert len(home.stripe_has()) == 1


def test_a_checkout_that_stripe_opened_behind_a_saved_error_is_found_and_used(home: House) -> None:
    session_id = home.require()
    home.sandbox.fault("error_after", "checkout.sessions.create", count=1)
    for _ in range(6):
        home.work()
        home.forward(seconds=30)

    payment = home.payment(session_id)
    assert [attempt.status for attempt in payment.attempts] == [AttemptStatus.OPEN]
    assert payment.attempts[0].stripe_checkout_id == home.stripe_has()[0]["id"]
    assert len(home.stripe_has()) == 1


def test_the_webhook_may_overtake_the_answer(home: House) -> None:
    session_id = home.require()
    with pytest.raises(Died):
        dying(home.app.open_checkouts, POINTS[2], "open")()
    home.sandbox.pay(home.stripe_has()[0]["id"])
    home.hear()
    assert home.payment(session_id).session.status is Status.COMPLETED

    home.leases_run_out()
    home.work()

    payment = home.payment(session_id)
    assert payment.session.status is Status.COMPLETED
    assert payment.newest_attempt is not None
    assert payment.newest_attempt.status is AttemptStatus.PAID
    assert home.told() == ["auction.payment_pending", "auction.sold", "order.requested"]


def test_what_was_paid_while_the_answer_to_its_opening_was_lost_is_not_to_be_closed(home: House) -> None:
    session_id = home.require()

    class Overtaken:
        """The buyer is faster than its answer, which is lost."""

        def __getattr__(self, name: str) -> Any:
            return getattr(home.app.stripe, name)

        def open(self, *args: Any, **kwargs: Any) -> Any:
            home.sandbox.pay(home.app.stripe.open(*args, **kwargs).checkout_id or "")
            home.hear()
            raise GatewayUnavailable("silence")

    replace(home.app.open_checkouts, stripe=Overtaken())()
    (attempt,) = home.payment(session_id).attempts
    assert (attempt.status, attempt.due_at) == (AttemptStatus.PAID, None)
