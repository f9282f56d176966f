"""Opening a checkout: claim, call, record, and every way to be interrupted in between."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from domain.attempt import AttemptStatus
from domain.lifecycle import Status
from services.exchange_attempts import Turn
from tests.house import House


def test_a_request_becomes_a_checkout_that_the_buyer_can_pay_on(home: House) -> None:
    session_id = home.opened()

    payment = home.payment(session_id)
    attempt = payment.newest_attempt

    assert attempt is not None
    assert payment.session.status is Status.PENDING
    assert attempt.status is AttemptStatus.OPEN
    assert attempt.idempotency_key == "auction-1:buyer-1:1"
    assert attempt.url is not None
    assert attempt.url.startswith(home.sandbox.url)
    assert home.actions(session_id) == ["payment_required", "checkout_created"]
    assert home.told() == ["auction.payment_pending"]


def test_the_window_begins_when_the_checkout_opens_and_ends_with_it_at_stripe(home: House) -> None:
    session_id = home.require()
    home.forward(minutes=30)
    home.app.open_checkouts()

    payment = home.payment(session_id)

    assert payment.newest_attempt is not None
    assert payment.session.window_expires_at == payment.newest_attempt.expires_at
    assert abs(payment.session.window_expires_at - (home.time() + timedelta(hours=24))) < timedelta(seconds=2)


def test_a_payment_completes_its_session_and_tells_whoever_must_know(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    home.hear()

    payment = home.payment(session_id)
    (transaction,) = payment.transactions

    assert payment.session.status is Status.COMPLETED
    assert transaction.amount_minor == 27550
    assert transaction.platform_fee_minor == 1378
    assert (transaction.method_type, transaction.method_brand, transaction.method_last4) == ("card", "visa", "4242")
    assert home.told() == ["auction.payment_pending", "auction.sold", "order.requested"]
    assert "checkout_completed" in home.actions(session_id)


def test_who_has_the_least_time_left_is_opened_first(home: House) -> None:
    patient = home.require(auction_id="a-1")
    home.forward(seconds=1)
    urgent = home.require(auction_id="a-2", policy="instant")

    home.app.open_checkouts()

    assert home.actions(urgent) == ["payment_required", "checkout_created"]
    assert home.actions(patient) == ["payment_required"]


def test_who_can_no_longer_be_opened_in_time_waits_for_those_who_can(home: House) -> None:
    late = home.require(auction_id="a-1")
    home.forward(seconds=(home.payment(late).session.window_expires_at - home.time()).total_seconds() - 1)
    timely = home.require(auction_id="a-2")

    home.app.open_checkouts()
    assert home.actions(timely) == ["payment_required", "checkout_created"]
    assert home.actions(late) == ["payment_required"]

    home.app.open_checkouts()
    assert home.actions(late) == ["payment_required", "checkout_created"]


def test_claiming_waits_for_nobody_who_has_a_payment_in_hand(home: House) -> None:
    session_id = home.require()
    with home.app.database.transaction() as other:
        other.execute("SELECT 1 FROM payment_sessions WHERE id = %s FOR UPDATE", (session_id,))
        # It would wait in a circle: the other wants its attempts next.
        (claimed,) = home.app.open_checkouts.exchange(Turn())

    assert claimed.session_id == session_id
    assert claimed.request is not None
    assert claimed.fence == claimed.tries == 1
    assert home.app.open_checkouts() == 0  # it is leased


def test_threads_that_come_together_have_checkouts_of_their_own(home: House) -> None:
    sessions = [home.require(auction_id=f"a-{number}") for number in range(24)]
    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(lambda _: home.app.open_checkouts(), range(30)))

    assert sorted(done) == [0] * 6 + [1] * 24
    assert all(home.actions(one) == ["payment_required", "checkout_created"] for one in sessions)
    assert len(home.stripe_has()) == 24


def test_threads_that_go_in_step_open_their_checkouts_together(home: House) -> None:
    sessions = [home.require(auction_id=f"a-{number}") for number in range(4)]
    opening = home.app.open_checkouts
    crew = [opening.steps(most=2) for _ in sessions]
    pieces = opening.exchange.together([next(steps) for steps in crew])
    turns = [steps.send(piece) for steps, piece in zip(crew, pieces, strict=True)]
    assert all(home.actions(one) == ["payment_required"] for one in sessions)

    pieces = opening.exchange.together(turns)

    assert [list(piece) for piece in pieces] == [[]] * 4
    assert all(home.actions(one) == ["payment_required", "checkout_created"] for one in sessions)


def test_who_holds_one_payment_for_long_keeps_no_other_from_being_recorded(home: House) -> None:
    held, free = home.require(auction_id="a-1"), home.require(auction_id="a-2")
    exchange = home.app.open_checkouts.exchange
    crew = [home.app.open_checkouts.steps(one) for one in (held, free)]
    waits, goes_on = [steps.send(exchange(next(steps))) for steps in crew]
    with ThreadPoolExecutor(1) as thread:
        with home.app.database.transaction() as other:
            other.execute("SELECT 1 FROM payment_sessions WHERE id = %s FOR UPDATE", (held,))
            waiting = thread.submit(exchange, waits)
            assert not exchange(goes_on)
            assert home.actions(free) == ["payment_required", "checkout_created"]
            assert not waiting.done()
        assert not waiting.result(30)
    assert home.actions(held) == ["payment_required", "checkout_created"]


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"amount": "499.99"}, False),
        ({"amount": "500.00"}, True),
        ({"amount": "500.00", "policy": "instant"}, True),
        ({"amount": "49999", "currency": "JPY"}, False),
        ({"amount": "50000", "currency": "JPY"}, True),
        ({"amount": "499.990", "currency": "KWD"}, False),
        ({"amount": "500.000", "currency": "KWD"}, True),
    ],
)
def test_from_a_threshold_on_the_buyers_bank_is_asked_to_confirm(
    home: House, changes: dict[str, str], asked: bool
) -> None:
    session_id = home.opened(**changes)
    attempt = home.payment(session_id).newest_attempt
    assert attempt is not None
    assert attempt.request is not None
    assert ("payment_method_options" in attempt.request) is asked
