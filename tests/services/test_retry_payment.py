"""Further attempts after declines: at their time, after the old object is closed, and never beside a payment."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from domain.attempt import AttemptCause, AttemptStatus
from domain.errors import NotFound, OfferRefused
from domain.lifecycle import Status
from domain.retries import No
from tests.house import House, house

DECLINED = "4000000000000002"


def decline(home: House, session_id: UUID) -> None:
    home.pay(session_id, DECLINED)
    home.hear()


def statuses(home: House, session_id: UUID) -> list[AttemptStatus]:
    return [attempt.status for attempt in home.payment(session_id).attempts]


def test_a_decline_plans_the_next_attempt_in_about_a_minute(home: House) -> None:
    session_id = home.opened()
    decline(home, session_id)
    due = home.payment(session_id).session.next_retry_at
    assert due is not None
    assert timedelta(seconds=59) <= due - home.time() <= timedelta(seconds=75)
    home.work()
    assert statuses(home, session_id) == [AttemptStatus.OPEN]


def test_when_it_is_due_the_old_checkout_is_closed_and_a_fresh_one_opened(home: House) -> None:
    session_id = home.opened()
    decline(home, session_id)
    home.forward(minutes=2)
    home.work()

    payment = home.payment(session_id)
    assert statuses(home, session_id) == [AttemptStatus.CLOSED, AttemptStatus.OPEN]
    assert payment.attempts[1].cause is AttemptCause.RETRY
    assert payment.attempts[1].idempotency_key == "auction-1:buyer-1:2"
    assert (payment.session.status, payment.session.retry_count) == (Status.PENDING, 1)
    assert payment.session.next_retry_at is None
    assert [one["status"] for one in home.stripe_has()] == ["expired", "open"]
    assert home.stripe_has()[1]["metadata"]["payment_session_id"] == str(session_id)


def test_the_waits_are_one_five_and_fifteen_minutes_and_then_there_are_no_more(home: House) -> None:
    session_id = home.opened()
    waits = []
    for _ in range(3):
        decline(home, session_id)
        due = home.payment(session_id).session.next_retry_at
        assert due is not None
        waits.append((due - home.time()).total_seconds() / 60)
        home.time.at = due
        home.forward(seconds=1)
        home.work()
    decline(home, session_id)

    assert [round(wait, 1) >= planned for wait, planned in zip(waits, (1, 5, 15), strict=True)] == [True] * 3
    assert all(wait <= planned * 1.3 for wait, planned in zip(waits, (1, 5, 15), strict=True))
    payment = home.payment(session_id)
    assert payment.session.status is Status.FAILED
    assert payment.session.next_retry_at is None
    assert len(payment.attempts) == 4
    home.forward(hours=1)
    home.work()
    assert len(home.payment(session_id).attempts) == 4

    home.pay(session_id)  # the last page stays open until the window ends
    home.hear()
    assert home.payment(session_id).session.status is Status.COMPLETED


def test_if_the_old_checkout_turns_out_to_be_paid_the_payment_is_recorded_instead(home: House) -> None:
    session_id = home.opened()
    decline(home, session_id)
    home.pay(session_id)  # and its webhook is lost
    home.new_events()
    home.forward(minutes=2)
    home.work()

    payment = home.payment(session_id)
    assert payment.session.status is Status.COMPLETED
    assert len(payment.attempts) == 1
    assert payment.session.retry_count == 0


def test_a_buyer_who_confirms_with_the_bank_is_not_interrupted(home: House) -> None:
    session_id = home.opened()
    decline(home, session_id)
    home.forward(seconds=50)
    home.pay(session_id, "4000002500003155")
    home.hear()
    home.forward(seconds=60)
    home.work()
    assert statuses(home, session_id) == [AttemptStatus.OPEN]
    assert "authentication_requested" in home.actions(session_id)

    attempt = home.payment(session_id).attempts[0]
    home.sandbox.authenticate(attempt.stripe_checkout_id or "")
    home.hear()
    assert home.payment(session_id).session.status is Status.COMPLETED


def test_a_confirmation_that_fails_is_a_decline_with_its_own_word(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id, "4000002500003155")
    attempt = home.payment(session_id).attempts[0]
    home.forward(seconds=2)
    home.sandbox.authenticate(attempt.stripe_checkout_id or "", passed=False)
    home.hear()
    payment = home.payment(session_id)
    assert payment.session.status is Status.FAILED
    assert payment.session.next_retry_at is not None
    assert "authentication_failed" in home.actions(session_id)


def test_news_of_the_old_attempt_do_not_touch_the_new_one(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id, DECLINED)
    late = home.new_events()
    home.hear(*late)
    home.forward(minutes=2)
    home.work()
    assert home.payment(session_id).session.status is Status.PENDING

    again = [event | {"id": f"{event['id']}_again", "created": event["created"] + 3600} for event in late]
    home.hear(*again)
    assert home.payment(session_id).session.status is Status.PENDING


def test_many_sweeps_at_once_open_one_attempt(home: House) -> None:
    sessions = [home.opened(auction_id=f"auction-{number}") for number in range(6)]
    for session_id in sessions:
        home.pay(session_id, DECLINED)
    home.hear()
    home.forward(minutes=2)
    with ThreadPoolExecutor(6) as threads:
        for _ in range(4):
            list(threads.map(lambda _: home.app.open_retries(3), range(12)))
            list(threads.map(lambda _: home.app.open_checkouts(), range(24)))
    for session_id in sessions:
        assert statuses(home, session_id) == [AttemptStatus.CLOSED, AttemptStatus.OPEN]


def test_no_retry_is_planned_beyond_the_windows_end(home: House) -> None:
    session_id = home.opened()
    home.time.at = home.payment(session_id).session.window_expires_at - timedelta(seconds=40)
    home.sandbox.advance()
    decline(home, session_id)
    assert home.payment(session_id).session.next_retry_at is None


@pytest.fixture
def instant(database_url: str) -> Iterator[House]:
    with house(database_url) as home:
        yield home
        assert home.app.check_invariants() == []


def test_under_the_instant_policy_the_same_intent_takes_any_number_of_cards(instant: House) -> None:
    session_id = instant.opened(policy="instant")
    for _ in range(5):
        decline(instant, session_id)
        instant.forward(seconds=30)
        instant.work()
    payment = instant.payment(session_id)
    assert payment.session.status is Status.FAILED
    assert len(payment.attempts) == 1
    with pytest.raises(OfferRefused) as refused:
        instant.app.retry_payment(session_id, "buyer")
    assert refused.value.code == No.SAME_ATTEMPT

    instant.pay(session_id)
    instant.hear()
    assert instant.payment(session_id).session.status is Status.COMPLETED


def test_a_buyer_may_retry_at_once_and_is_told_why_not(home: House) -> None:
    session_id = home.opened()
    with pytest.raises(OfferRefused) as refused:
        home.app.retry_payment(session_id, "buyer:buyer-1")
    assert refused.value.code == No.NOT_DECLINED
    decline(home, session_id)

    home.app.retry_payment(session_id, "buyer:buyer-1")
    home.app.open_checkouts(session_id)
    home.work()

    assert statuses(home, session_id) == [AttemptStatus.CLOSED, AttemptStatus.OPEN]
    assert {"retry_refused", "retry_requested", "retry_initiated"} <= set(home.actions(session_id))


def test_what_does_not_exist_cannot_be_retried(home: House) -> None:
    with pytest.raises(NotFound):
        home.app.retry_payment(home.app.new_id(), "buyer")


def test_one_payment_whose_policy_nobody_knows_holds_up_no_other_retry(home: House) -> None:
    unknown, sound = home.opened(auction_id="unknown", policy="instant"), home.opened(auction_id="sound")
    for session_id in (unknown, sound):
        decline(home, session_id)
    home.forward(minutes=2)
    with home.app.database.transaction() as connection:
        connection.execute("UPDATE payment_sessions SET next_retry_at = created_at WHERE next_retry_at IS NULL")
    retries = home.app.open_retries
    # As in a process of the version before: it does not know how the newest of us collect.
    assert replace(retries, policies={"standard": retries.policies["standard"]})() == 1
    (attempt,) = home.payment(sound).attempts
    assert attempt.close_requested_at is not None
