"""What should have happened by now, and was not heard of, is looked up at Stripe."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.attempt import AttemptStatus
from domain.lifecycle import Status
from domain.transaction import Disposition, RefundStatus
from domain.waiting import NEAR_THE_END
from services.reconcile_attempts import ReconcileAttempts
from services.reconcile_refunds import ReconcileRefunds
from tests.crashes import Died, DiesAfterCall, DiesBeforeCall, DiesBeforeCommit
from tests.house import House
from tests.services.reconciling import calls, drain, lose, only

REFUND_PENDS = "4000000000007726"
POINTS = ["before the claim is committed", "before the call", "after the call", "before the record is committed"]


def dying(use_case: Any, point: str, method: str) -> Any:
    changes: dict[str, Any] = {
        POINTS[0]: {"begin": DiesBeforeCommit(use_case.begin, 1)},
        POINTS[1]: {"stripe": DiesBeforeCall(use_case.stripe, method)},
        POINTS[2]: {"stripe": DiesAfterCall(use_case.stripe, method)},
        POINTS[3]: {"begin": DiesBeforeCommit(use_case.begin, 2)},
    }
    return replace(use_case, **changes[point])


def looked_up(home: House) -> int:
    counted = calls(home)
    return counted.get("checkout.sessions.retrieve", 0) + counted.get("payment_intents.retrieve", 0)


def paid_unheard(home: House) -> Any:
    """A payment in a standard window that nobody told us of; the window ended meanwhile, and the lot was reopened."""
    session_id = home.opened()
    home.pay(session_id)
    lose(home)
    home.forward(hours=24, minutes=1)
    home.work()
    assert home.payment(session_id).session.status is Status.EXPIRED
    home.forward(minutes=11)
    return session_id


def debited(home: House) -> Any:
    """A payment by debit, under way."""
    session_id = home.opened()
    home.pay(session_id, "bank_debit")
    home.hear()
    payment = home.payment(session_id)
    assert payment.session.status is Status.PROCESSING
    return session_id


@pytest.mark.parametrize("point", POINTS)
def test_money_that_nobody_told_of_is_found_after_the_end_and_goes_back(home: House, point: str) -> None:
    session_id = paid_unheard(home)
    with pytest.raises(Died):
        dying(home.app.reconcile_attempts, point, "look_up")()
    home.leases_run_out()
    drain(home.app.reconcile_attempts)
    home.work()

    payment = home.payment(session_id)
    assert payment.session.status is Status.EXPIRED
    assert [one.disposition for one in payment.transactions] == [Disposition.LATE]
    assert [one.status for one in payment.refunds] == [RefundStatus.SUCCEEDED]
    assert payment.transactions[0].method_last4 == "4242"
    assert home.actions(session_id).count("reconciled") == 1
    assert home.told().count("auction.reopened") == 1
    assert looked_up(home) <= 2


def test_a_checkout_that_ended_unheard_is_closed_with_one_call(home: House) -> None:
    session_id = home.opened()
    home.forward(hours=24, minutes=5)
    lose(home)
    home.work()
    assert home.app.reconcile_attempts() == 0, "its event may still come"
    home.forward(minutes=6)
    assert drain(home.app.reconcile_attempts) == 1
    assert home.payment(session_id).attempts[0].status is AttemptStatus.CLOSED
    home.forward(hours=48)
    assert drain(home.app.reconcile_attempts) == 0


def test_where_the_events_come_nothing_is_looked_up(home: House) -> None:
    paid, unpaid = home.opened(), home.opened(auction_id="auction-2")
    home.pay(paid)
    home.hear()
    home.forward(hours=25)
    home.hear()
    home.work()
    home.forward(hours=1)
    assert drain(home.app.reconcile_attempts) == 0
    assert looked_up(home) == 0
    assert home.payment(unpaid).attempts[0].status is AttemptStatus.CLOSED


def test_money_whose_event_is_younger_than_the_end_waits_for_its_charge_and_is_asked_for_at_once(home: House) -> None:
    session_id = home.opened()
    home.forward(hours=24, seconds=-2)
    home.pay(session_id)
    (event,) = only(home.new_events(), "payment_intent.succeeded")
    event["created"] += 3
    home.time.forward(seconds=3)
    home.hear(event)
    assert home.payment(session_id).session.reason == NEAR_THE_END
    home.work()
    assert drain(home.app.reconcile_attempts) == 0
    home.forward(seconds=6)
    assert drain(home.app.reconcile_attempts) == 1
    assert home.payment(session_id).session.status is Status.COMPLETED


@pytest.mark.parametrize(
    ("passed", "status"), [(True, Status.COMPLETED), (False, Status.FAILED), (None, Status.PROCESSING)]
)
def test_a_debit_is_asked_for_when_its_bank_was_not_heard(home: House, *, passed: bool | None, status: Status) -> None:
    session_id = debited(home)
    attempt = home.payment(session_id).attempts[0]
    if passed is not None:
        home.sandbox.settle(attempt.stripe_checkout_id or "", passed=passed)
    lose(home)
    home.forward(minutes=14)
    assert drain(home.app.reconcile_attempts) == 0
    home.forward(minutes=2)
    assert drain(home.app.reconcile_attempts) == 1
    assert home.payment(session_id).session.status is status


def test_a_debit_that_takes_days_is_asked_for_ever_less(home: House) -> None:
    session_id = debited(home)
    for _ in range(4 * 24 * 5):
        home.forward(minutes=15)
        drain(home.app.reconcile_attempts)
    assert home.payment(session_id).session.status is Status.PROCESSING
    assert 4 <= looked_up(home) <= 9
    assert "reconciled" not in home.actions(session_id)


def test_a_look_up_does_not_undo_what_a_later_event_has_said(home: House) -> None:
    session_id = debited(home)
    target = home.payment(session_id).attempts[0].stripe_checkout_id or ""
    home.forward(minutes=16)

    class Overtaken:
        """Stripe answers that the bank is silent; before we hear that, the bank has paid, and its event came."""

        def look_up(self, *args: Any) -> Any:
            answer = home.app.stripe.look_up(*args)
            home.sandbox.settle(target, passed=True)
            home.hear()
            return answer

    replace(home.app.reconcile_attempts, stripe=Overtaken())()
    assert home.payment(session_id).session.status is Status.COMPLETED


def test_an_intent_that_was_canceled_unheard_while_its_money_was_awaited_is_a_decline(home: House) -> None:
    session_id = debited(home)
    intent = home.stripe_has("payment_intent")[0]
    intent["status"] = "canceled"
    home.sandbox.core.world.store.save(intent)
    home.forward(minutes=16)
    drain(home.app.reconcile_attempts)
    assert home.payment(session_id).session.status is Status.FAILED


def test_while_stripe_is_away_it_is_asked_again_and_nothing_is_concluded(home: House) -> None:
    session_id = paid_unheard(home)
    home.sandbox.fault("error_before", "checkout.sessions.retrieve", count=1, status=503)
    assert home.app.reconcile_attempts() == 1
    assert home.app.reconcile_attempts() == 0
    assert home.payment(session_id).attempts[0].status is AttemptStatus.OPEN
    home.forward(minutes=2)
    assert drain(home.app.reconcile_attempts) == 1
    assert home.payment(session_id).attempts[0].status is AttemptStatus.PAID
    home.work()


def test_what_stripe_does_not_know_waits_for_a_person(home: House) -> None:
    session_id = paid_unheard(home)
    checkout = home.stripe_has()[0]["id"]
    home.sandbox.core.world.store.delete("checkout.session", checkout)
    assert drain(home.app.reconcile_attempts) == 1
    attempt = home.payment(session_id).attempts[0]
    assert attempt.status is AttemptStatus.OPEN
    assert (attempt.last_error or "").startswith("gateway_refused")
    assert attempt.look_up_at == home.time() + timedelta(minutes=15)


def test_a_status_that_we_do_not_know_is_never_guessed(home: House) -> None:
    session_id = paid_unheard(home)
    checkout = home.stripe_has()[0]
    checkout["payment_status"] = "half_paid"
    home.sandbox.core.world.store.save(checkout)
    assert drain(home.app.reconcile_attempts) == 1
    payment = home.payment(session_id)
    assert payment.transactions == []
    assert (payment.attempts[0].last_error or "").startswith("gateway_faulted")


def test_who_has_lost_the_lease_writes_nothing(home: House) -> None:
    session_id = paid_unheard(home)

    class Slow:
        def look_up(self, *args: Any) -> Any:
            answer = home.app.stripe.look_up(*args)
            home.leases_run_out()
            assert home.app.reconcile_attempts() == 1
            return answer

    replace(home.app.reconcile_attempts, stripe=Slow())()
    assert home.actions(session_id).count("reconciled") == 1
    home.work()


def pending_refund(home: House) -> Any:
    """Late money on its way back by a bank that takes its time."""
    session_id = home.opened()
    home.pay(session_id, REFUND_PENDS)
    home.forward(hours=25)
    home.app.expire_windows()
    home.hear()
    home.work()
    assert home.payment(session_id).refunds[0].status is RefundStatus.PENDING
    return session_id


@pytest.mark.parametrize("point", POINTS)
def test_a_refund_that_arrived_unheard_is_looked_up(home: House, point: str) -> None:
    session_id = pending_refund(home)
    home.forward(hours=5)
    lose(home)
    assert drain(home.app.reconcile_refunds) == 0
    home.forward(hours=2)
    with pytest.raises(Died):
        dying(home.app.reconcile_refunds, point, "look_up_refund")()
    home.leases_run_out()
    drain(home.app.reconcile_refunds)
    assert home.payment(session_id).refunds[0].status is RefundStatus.SUCCEEDED
    assert home.actions(session_id).count("refund_succeeded") == 1


def test_a_refund_that_cannot_be_looked_up_is_asked_for_again(home: House) -> None:
    session_id = pending_refund(home)
    home.forward(hours=7)
    lose(home)
    home.sandbox.fault("error_before", "refunds.retrieve", count=1, status=503)
    assert drain(home.app.reconcile_refunds) == 1
    refund = home.stripe_has("refund")[0]
    home.sandbox.core.world.store.delete("refund", refund["id"])
    home.forward(minutes=1)
    assert drain(home.app.reconcile_refunds) == 1
    assert (home.payment(session_id).refunds[0].last_error or "").startswith("gateway_refused")
    home.sandbox.core.world.store.save(refund)
    home.forward(hours=2)
    assert drain(home.app.reconcile_refunds) == 1
    assert home.payment(session_id).refunds[0].status is RefundStatus.SUCCEEDED


def test_both_kinds_are_the_same_kind_of_use_case(home: House) -> None:
    assert isinstance(home.app.reconcile_attempts, ReconcileAttempts)
    assert isinstance(home.app.reconcile_refunds, ReconcileRefunds)
    assert home.app.due["lookups.ask"]() == 0
    paid_unheard(home)
    assert home.app.due["lookups.ask"]() == 1
    drain(home.app.reconcile_attempts)
    home.work()
