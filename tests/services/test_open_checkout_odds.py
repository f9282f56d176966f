"""Opening and closing against the odds: clocks that differ, silence for days, answers that settle nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

import pytest

from domain.attempt import AttemptStatus, CheckoutAttempt
from domain.errors import FaultSaved, GatewayRefused
from domain.lifecycle import Status
from domain.windows import PATIENCE
from models.unit_of_work import UnitOfWork
from services.claim_attempts import ClaimAttempts, Piece
from services.exchange_attempts import ExchangeAttempts, Turn
from tests.house import House, house


@pytest.fixture
def short(database_url: str) -> Iterator[House]:
    """A house whose windows are shorter than Stripe's checkouts can be."""
    with house(database_url, PAYMENT_WINDOW_MINUTES="1", INSTANT_WINDOW_MINUTES="1") as home:
        yield home
        assert home.app.check_invariants() == []


@pytest.fixture
def long(database_url: str) -> Iterator[House]:
    """A house whose windows are longer than Stripe remembers a key."""
    with house(database_url, PAYMENT_WINDOW_MINUTES="4320") as home:
        yield home
        assert home.app.check_invariants() == []


def attempt_of(home: House, session_id: Any) -> CheckoutAttempt:
    attempt = home.payment(session_id).newest_attempt
    assert attempt is not None
    return attempt


def tries_until(home: House, minutes: float) -> None:
    """Work every twenty seconds for so long."""
    for _ in range(int(minutes * 3)):
        home.forward(seconds=20)
        home.app.open_checkouts()


def test_a_stripe_whose_clock_differs_is_not_asked_for_ever(short: House) -> None:
    session_id = short.require()
    short.sandbox.advance(300)
    for _ in range(10):
        short.app.open_checkouts()
    payment = short.payment(session_id)
    assert len(payment.attempts) == 2
    assert payment.session.reason == "checkout_refused"


def test_a_request_that_waited_out_its_own_end_is_made_anew(short: House) -> None:
    session_id = short.require()
    short.sandbox.fault("lost_before", "checkout.sessions.create", count=1)
    short.app.open_checkouts()
    with short.app.database.transaction() as connection:
        connection.execute("UPDATE payment_sessions SET window_expires_at = window_expires_at + interval '1 day'")
    short.forward(minutes=5)
    for _ in range(3):
        short.app.open_checkouts()
    assert [one.status for one in short.payment(session_id).attempts] == [AttemptStatus.REFUSED, AttemptStatus.OPEN]


def test_after_a_day_of_silence_what_may_have_been_opened_is_looked_up(long: House) -> None:
    session_id = long.require()
    long.sandbox.fault("lost_after", "checkout.sessions.create", count=1)
    long.app.open_checkouts()
    long.forward(hours=25)
    for _ in range(3):
        long.app.open_checkouts()
        long.forward(seconds=30)

    mine = [one for one in long.stripe_has() if one["metadata"]["attempt"] == "1"]
    assert len(mine) == 1, "the key was used again when Stripe had forgotten it"
    assert attempt_of(long, session_id).attempt_no == 1
    assert attempt_of(long, session_id).stripe_checkout_id == mine[0]["id"]


def test_after_a_day_of_silence_what_was_never_opened_is_opened_under_its_own_key(long: House) -> None:
    session_id = long.require()
    long.sandbox.fault("lost_before", "checkout.sessions.create", count=1)
    long.app.open_checkouts()
    long.forward(hours=25)
    for _ in range(3):
        long.app.open_checkouts()
        long.forward(seconds=30)

    opened = attempt_of(long, session_id)
    assert (opened.idempotency_key, opened.status) == ("auction-1:buyer-1:1", AttemptStatus.OPEN)
    # What was stopped on its way by whoever was at it before arrives now.
    long.app.stripe.open(opened.kind, opened.request or {}, idempotency_key=opened.idempotency_key)
    assert len(long.stripe_has()) == 1


def test_a_request_that_only_waited_for_us_is_sent_under_its_own_key(long: House) -> None:
    session_id = long.require()
    long.forward(hours=25)
    assert long.app.open_checkouts() == 1
    assert attempt_of(long, session_id).idempotency_key == "auction-1:buyer-1:1"
    assert attempt_of(long, session_id).status is AttemptStatus.OPEN


def test_a_checkout_that_was_left_open_for_money_on_its_way_is_closed_when_the_money_does_not_come(
    short: House,
) -> None:
    session_id = short.opened(policy="instant")
    intent = attempt_of(short, session_id).stripe_payment_intent_id
    assert intent is not None
    document = short.sandbox.core.world.store.find("payment_intent", intent)
    assert document is not None
    short.sandbox.core.world.store.save(document | {"status": "processing"})
    short.forward(seconds=75)
    short.work()
    assert short.payment(session_id).session.status is Status.PROCESSING

    short.sandbox.core.world.store.save(document | {"status": "requires_payment_method"})
    short.forward(seconds=30)
    declined = _event("payment_intent.payment_failed", document, int(short.time().timestamp()))
    short.hear(declined)
    assert short.payment(session_id).session.status is Status.FAILED
    short.forward(seconds=PATIENCE.total_seconds() + 60)
    short.work()

    assert short.payment(session_id).session.status is Status.EXPIRED
    assert short.stripe_has("payment_intent")[0]["status"] == "canceled"
    assert attempt_of(short, session_id).status is AttemptStatus.CLOSED


def _event(kind: str, document: dict[str, Any], created: int) -> dict[str, Any]:
    return {
        "id": f"evt_{kind}",
        "object": "event",
        "type": kind,
        "created": created,
        "livemode": False,
        "data": {"object": dict(document)},
    }


def test_what_stripe_does_not_know_any_more_is_asked_for_ever_more_rarely(short: House) -> None:
    session_id = short.opened(policy="instant")
    intent = attempt_of(short, session_id).stripe_payment_intent_id
    assert intent is not None
    short.sandbox.core.world.store.delete("payment_intent", intent)
    short.forward(minutes=10)
    short.work()
    assert short.payment(session_id).session.status is Status.EXPIRED
    tries_until(short, minutes=20)
    before = attempt_of(short, session_id).tries
    tries_until(short, minutes=60)
    assert attempt_of(short, session_id).tries - before <= 9


def test_a_status_that_nobody_knows_is_asked_for_again_and_stops_no_worker(short: House) -> None:
    session_id = short.opened(policy="instant")
    intent = attempt_of(short, session_id).stripe_payment_intent_id
    assert intent is not None
    document = short.sandbox.core.world.store.find("payment_intent", intent)
    assert document is not None
    short.sandbox.core.world.store.save(document | {"status": "pondering"})
    short.forward(seconds=75)
    short.work()
    assert short.payment(session_id).session.status is Status.PENDING
    assert attempt_of(short, session_id).last_error == "gateway_faulted"

    short.sandbox.core.world.store.save(document)
    short.forward(minutes=1)
    short.work()
    assert short.payment(session_id).session.status is Status.EXPIRED


def test_what_a_closing_failed_of_last_is_told(short: House) -> None:
    session_id = short.opened(policy="instant")
    failures = [FaultSaved("saved"), GatewayRefused("no right to cancel")]

    class Unwilling:
        """It has saved an error of the first closing, and refuses the second one."""

        def __getattr__(self, name: str) -> Any:
            return getattr(short.app.stripe, name)

        def close(self, _attempt: object, **_: Any) -> None:
            raise failures.pop(0)

    for code in (FaultSaved.code, GatewayRefused.code):
        short.forward(seconds=90)
        short.app.expire_windows()
        replace(short.app.open_checkouts, stripe=Unwilling())()
        assert attempt_of(short, session_id).last_error == code


def test_one_attempt_that_nobody_can_prepare_holds_up_no_other(home: House) -> None:
    unknown, sound = home.require(policy="instant"), home.require(auction_id="auction-2")
    opening = home.app.open_checkouts
    # As in a process of the version before: it does not know how the newest of us collect.
    older = replace(opening, policies={"standard": opening.policies["standard"]})
    for _ in range(3):
        older()
    assert attempt_of(home, sound).status is AttemptStatus.OPEN
    assert attempt_of(home, unknown).request is None
    home.leases_run_out()
    assert opening() == 1
    assert attempt_of(home, unknown).status is AttemptStatus.OPEN


def test_what_stripe_answered_is_recorded_also_if_nothing_more_can_be_claimed(home: House) -> None:
    session_id = home.require()
    opening = home.app.open_checkouts
    (claimed,) = opening.exchange(Turn())

    def broken(_uow: UnitOfWork, _wanted: Sequence[UUID | None]) -> Sequence[Piece]:
        raise LookupError("a row that nobody can read")

    exchange = ExchangeAttempts(opening.begin, cast("ClaimAttempts", broken), opening.now)
    assert exchange(Turn(opening._do([claimed]))) == ()
    assert home.actions(session_id) == ["payment_required", "checkout_created"]
    with pytest.raises(LookupError):
        exchange(Turn())
