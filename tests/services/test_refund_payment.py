"""Money goes back once, whatever dies on the way."""

from dataclasses import replace
from typing import Any

import pytest

from domain.errors import FaultSaved, GatewayRefused, GatewayUnavailable
from domain.transaction import RefundStatus
from services.refund_payment import SendRefunds
from tests.crashes import Died, DiesAfterCall, DiesBeforeCall, DiesBeforeCommit
from tests.house import House

#: Its refunds fail a moment after they succeeded, as Stripe tells.
REFUND_FAILS = "4000000000005126"
POINTS = ["before the claim is committed", "before the call", "after the call", "before the record is committed"]


def dying(use_case: SendRefunds, point: str) -> SendRefunds:
    changes: dict[str, Any] = {
        POINTS[0]: {"begin": DiesBeforeCommit(use_case.begin, 1)},
        POINTS[1]: {"stripe": DiesBeforeCall(use_case.stripe, "refund")},
        POINTS[2]: {"stripe": DiesAfterCall(use_case.stripe, "refund")},
        POINTS[3]: {"begin": DiesBeforeCommit(use_case.begin, 2)},
    }
    return replace(use_case, **changes[point])


def late_money(home: House) -> Any:
    session_id = home.opened()
    home.pay(session_id)
    home.time.forward(hours=25)
    home.app.expire_windows()
    home.hear()
    return session_id


@pytest.mark.parametrize("point", POINTS)
def test_a_refund_survives_death_and_is_made_once(home: House, point: str) -> None:
    session_id = late_money(home)
    with pytest.raises(Died):
        dying(home.app.send_refunds, point)()
    home.leases_run_out()
    home.work()
    home.hear()

    (refund,) = home.payment(session_id).refunds
    assert refund.status is RefundStatus.SUCCEEDED
    assert [one["amount"] for one in home.stripe_has("refund")] == [27550]
    assert home.actions(session_id).count("refund_succeeded") == 1


def test_a_refund_whose_reply_was_lost_is_asked_for_again(home: House) -> None:
    session_id = late_money(home)
    home.sandbox.fault("lost_after", "refunds.create", count=1)
    home.work()
    assert home.payment(session_id).refunds[0].status is RefundStatus.REQUESTED
    home.forward(minutes=2)
    home.work()
    assert home.payment(session_id).refunds[0].status is RefundStatus.SUCCEEDED
    assert len(home.stripe_has("refund")) == 1


def test_a_refund_has_another_key_only_when_nothing_can_be_done_under_the_one_before(home: House) -> None:
    session_id = late_money(home)
    home.sandbox.fault("error_before", "refunds.create", count=6, status=503)
    home.sandbox.fault("error_begun", "refunds.create", count=1)
    for _ in range(12):
        home.work()
        home.forward(minutes=5)

    (refund,) = home.payment(session_id).refunds
    assert (refund.status, refund.keys_used) == (RefundStatus.SUCCEEDED, 1)
    stripe = home.app.send_refunds.stripe
    # What was stopped on its way by whoever was at it before arrives now, under whatever key it had.
    with pytest.raises(FaultSaved):
        stripe.refund(refund.request or {}, idempotency_key=refund.idempotency_key)
    stripe.refund(refund.request or {}, idempotency_key=f"{refund.idempotency_key}:again:1")
    assert len(home.stripe_has("refund")) == 1


def test_a_refund_that_stripe_made_behind_a_saved_error_is_found(home: House) -> None:
    session_id = late_money(home)
    home.sandbox.fault("error_after", "refunds.create", count=1)
    for _ in range(4):
        home.work()
        home.forward(minutes=5)

    (refund,) = home.payment(session_id).refunds
    assert (refund.status, refund.keys_used) == (RefundStatus.SUCCEEDED, 0)
    assert len(home.stripe_has("refund")) == 1


def test_a_refund_that_the_release_before_asked_for_under_a_further_key_is_found(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    home.hear()
    home.app.request_refund(session_id, amount="10.00", reason="a crack", actor="cli:alice")
    home.sandbox.fault("error_before", "refunds.create", count=4)
    for _ in range(4):
        home.app.send_refunds()
        home.forward(minutes=5)
    (refund,) = home.payment(session_id).refunds
    assert refund.tries == 4
    # Its worker is still there, and dies before it has recorded the answer.
    home.app.stripe.refund(refund.request or {}, idempotency_key=f"{refund.idempotency_key}:again:4")
    home.app.send_refunds()

    (refund,) = home.payment(session_id).refunds
    assert (refund.status, refund.keys_used) == (RefundStatus.SUCCEEDED, 0)
    assert [one["amount"] for one in home.stripe_has("refund")] == [1000]


def test_a_look_up_that_stripe_refuses_is_no_word_on_the_refund(home: House) -> None:
    session_id = late_money(home)
    home.sandbox.fault("error_after", "refunds.create", count=1)

    class Silent:
        """It lets us make refunds, and read none."""

        def __getattr__(self, name: str) -> Any:
            return getattr(home.app.stripe, name)

        def find_refund(self, _refund: object) -> None:
            raise GatewayRefused("no right to read refunds")

    for _ in range(4):
        replace(home.app.send_refunds, stripe=Silent())()
        home.forward(minutes=5)
    assert home.payment(session_id).refunds[0].status is RefundStatus.REQUESTED
    home.work()
    assert home.payment(session_id).refunds[0].status is RefundStatus.SUCCEEDED
    assert len(home.stripe_has("refund")) == 1


def test_a_refund_that_stripe_refuses_waits_for_a_person(home: House) -> None:
    session_id = late_money(home)
    intent = home.payment(session_id).transactions[0].stripe_payment_intent_id
    home.sandbox.core.world.store.delete("payment_intent", intent)
    home.work()
    (refund,) = home.payment(session_id).refunds
    assert refund.status is RefundStatus.FAILED
    assert refund.failure_reason == "resource_missing"


@pytest.mark.parametrize(
    "answer",
    [GatewayRefused("it was refunded already", provider_code="charge_already_refunded"), GatewayUnavailable("silence")],
)
def test_what_stripe_has_told_of_a_refund_outlasts_the_answer_to_a_call(home: House, answer: Exception) -> None:
    session_id = late_money(home)

    class Overtaken:
        """Its events are faster than its answer."""

        def __getattr__(self, name: str) -> Any:
            real = getattr(home.app.stripe, name)

            def call(*args: Any, **kwargs: Any) -> Any:
                real(*args, **kwargs)
                home.hear()
                raise answer

            return call if name == "refund" else real

    replace(home.app.send_refunds, stripe=Overtaken())()
    payment = home.payment(session_id)
    assert payment.refunds[0].status is RefundStatus.SUCCEEDED
    assert payment.refunds[0].due_at is None


def test_a_refund_whose_key_was_used_otherwise_is_looked_up_and_then_asked_for_under_another_key(home: House) -> None:
    session_id = late_money(home)
    (refund,) = home.payment(session_id).refunds
    other = home.opened(auction_id="auction-2", buyer_id="buyer-2")
    home.pay(other)
    home.hear()
    theirs = {"payment_intent": home.payment(other).transactions[0].stripe_payment_intent_id, "amount": 100}
    home.app.stripe.refund(theirs, idempotency_key=refund.idempotency_key)
    for _ in range(3):
        home.app.send_refunds()
        home.forward(seconds=30)

    (refund,) = home.payment(session_id).refunds
    assert refund.status is RefundStatus.SUCCEEDED
    assert sorted(one["amount"] for one in home.stripe_has("refund")) == [100, 27550]
    assert home.sandbox.core.world.calls["refunds.list"] == 1


def test_an_answer_that_comes_before_its_cause_waits_for_it(home: House) -> None:
    """Somebody has sent all of it back at Stripe, which failed, and nobody has told us of that yet."""
    session_id = home.opened()
    home.pay(session_id, REFUND_FAILS)
    home.time.forward(hours=25)
    home.app.expire_windows()
    home.hear()
    intent = home.payment(session_id).transactions[0].stripe_payment_intent_id
    home.app.stripe.refund({"payment_intent": intent, "amount": 27550}, idempotency_key="dashboard")
    home.hear()
    assert home.payment(session_id).transactions[0].refunded_minor == 27550
    home.forward(seconds=30)
    home.app.send_refunds()
    ours = next(one for one in home.payment(session_id).refunds if one.requested_by == "system")
    assert (ours.status, ours.last_error) == (RefundStatus.REQUESTED, "event_too_early")

    home.hear()
    home.forward(minutes=2)
    home.work()
    home.hear()
    assert {one.status for one in home.payment(session_id).refunds} == {RefundStatus.FAILED}
    assert len(home.stripe_has("refund")) == 2
