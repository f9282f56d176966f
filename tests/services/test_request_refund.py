"""Refunds that operators ask for: one or two people, sent once whatever dies, and refused on record."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.errors import ActRefused, NotFound
from domain.needs import NeedKind
from domain.refund_requests import CONSENT
from domain.transaction import RefundStatus, TransactionStatus
from models import needs
from models.payment_search import Wish
from runtime.gauges import StandingCollector
from services.find_payments import FindPayments
from tests.crashes import Died, DiesAfterCall, DiesBeforeCall, DiesBeforeCommit
from tests.house import House

ALICE, BOB = "admin:alice", "admin:bob"
#: Its refunds fail a moment after they succeeded, as Stripe tells.
REFUND_FAILS = "4000000000005126"
REFUND_PENDS = "4000000000007726"


def sold(home: House, card: str = "4242424242424242", **changes: Any) -> UUID:
    session_id = home.opened(**changes)
    home.pay(session_id, card)
    home.forward(seconds=30)
    home.hear()
    return session_id


def ask(home: House, session_id: UUID, amount: str | None = None, actor: str = ALICE) -> UUID:
    return home.app.request_refund(session_id, reason="scratched", actor=actor, amount=amount).id


def settle(home: House) -> None:
    """Send what is to be sent, and hear what Stripe says of it."""
    home.work()
    home.forward(seconds=30)
    home.hear()


def stripe_took_back(home: House) -> list[tuple[int, str]]:
    return [(one["amount"], one["status"]) for one in home.stripe_has("refund")]


def test_a_part_goes_back_and_then_the_rest_which_takes_the_sale_back(home: House) -> None:
    session_id = sold(home)
    ask(home, session_id, "75.50")
    settle(home)
    payment = home.payment(session_id)
    assert payment.transactions[0].status is TransactionStatus.PARTIALLY_REFUNDED
    assert not payment.session.fully_refunded
    ask(home, session_id)
    settle(home)
    payment = home.payment(session_id)
    assert payment.transactions[0].status is TransactionStatus.REFUNDED
    assert payment.session.fully_refunded
    assert home.told()[-3:] == ["auction.refunded", "auction.refunded", "order.canceled"]
    assert stripe_took_back(home) == [(7550, "succeeded"), (20000, "succeeded")]
    keys = [one.idempotency_key for one in payment.refunds]
    intent = payment.transactions[0].stripe_payment_intent_id
    assert keys == [f"auction-1:buyer-1:refund:{intent}:{number}" for number in (1, 2)]
    assert home.actions(session_id).count("refund_requested") == 2


def test_a_preview_tells_all_and_changes_nothing(home: House) -> None:
    session_id = sold(home)
    before = home.actions(session_id)
    plan = home.app.request_refund.preview(session_id, amount="10.00")
    assert (plan.amount.minor, plan.from_maker.minor, plan.from_platform.minor) == (1000, 950, 50)
    assert home.payment(session_id).refunds == []
    assert home.actions(session_id) == before
    with pytest.raises(NotFound):
        home.app.request_refund.preview(UUID(int=7))


@pytest.mark.parametrize(
    ("amount", "reason", "code"),
    [
        ("275.51", "scratched", "amount_out_of_range"),
        ("1.001", "scratched", "invalid_amount"),
        ("1.00", " ", "reason_missing"),
    ],
)
def test_what_the_rules_forbid_is_refused_and_audited(home: House, amount: str, reason: str, code: str) -> None:
    session_id = sold(home)
    with pytest.raises(ActRefused) as refused:
        home.app.request_refund(session_id, reason=reason, actor=ALICE, amount=amount)
    assert refused.value.code == code
    (entry,) = [one for one in home.app.view_payments.history(session_id) if one.action == "refund_request_refused"]
    assert (entry.actor, entry.data["code"], entry.data["amount"]) == (ALICE, code, amount)
    assert home.payment(session_id).refunds == []


def test_a_large_refund_waits_for_a_second_person(home: House) -> None:
    session_id = sold(home, amount="1500.00")
    refund_id = ask(home, session_id)
    settle(home)
    assert stripe_took_back(home) == []
    for act, actor, code in (
        (home.app.decide_refund.approve, "support:Alice", "same_person"),
        (home.app.decide_refund.decline, "", "no_such_refund"),
    ):
        with pytest.raises(ActRefused) as refused:
            act(session_id, refund_id if actor else UUID(int=7), reason="yes", actor=actor or BOB)
        assert refused.value.code == code
    home.app.decide_refund.approve(session_id, refund_id, reason="agreed", actor=BOB)
    settle(home)
    (refund,) = home.payment(session_id).refunds
    assert (refund.status, refund.requested_by, refund.approved_by) == (RefundStatus.SUCCEEDED, ALICE, BOB)
    assert stripe_took_back(home) == [(150_000, "succeeded")]
    history = home.app.view_payments.history(session_id)
    told = [(one.action, one.actor) for one in history if one.action.startswith("refund_")]
    assert told == [
        ("refund_requested", ALICE),
        ("refund_approval_refused", "support:Alice"),
        ("refund_decline_refused", BOB),
        ("refund_approved", BOB),
        ("refund_succeeded", "system"),
    ]


def test_the_threshold_is_what_was_configured(home: House) -> None:
    one = replace(home.app.request_refund, two_people_above=home.app.request_refund.two_people_above / 100)
    assert one.preview(sold(home), amount="10.01").needs_second
    assert not one.preview(home.app.view_payments.listed()[0].session.id, amount="10.00").needs_second


def test_what_is_declined_is_never_sent_and_can_be_asked_for_again(home: House) -> None:
    session_id = sold(home, amount="1500.00")
    refund_id = ask(home, session_id)
    home.app.decide_refund.decline(session_id, refund_id, reason="no", actor=BOB)
    home.forward(hours=100)
    settle(home)
    assert stripe_took_back(home) == []
    assert home.payment(session_id).refunds[0].status is RefundStatus.CANCELED
    assert home.app.request_refund.preview(session_id).amount.minor == 150_000


def test_what_nobody_agreed_to_is_void_after_its_time(home: House) -> None:
    session_id = sold(home, amount="1500.00")
    refund_id = ask(home, session_id)
    home.time.forward(seconds=CONSENT.total_seconds() - 1)
    home.work()
    assert home.payment(session_id).refunds[0].awaits_approval
    home.time.forward(seconds=2)
    home.work()
    (refund,) = home.payment(session_id).refunds
    assert (refund.status, refund.failure_reason) == (RefundStatus.CANCELED, "approval_expired")
    with pytest.raises(ActRefused):
        home.app.decide_refund.approve(session_id, refund_id, reason="late", actor=BOB)
    assert "refund_voided" in home.actions(session_id)
    assert stripe_took_back(home) == []


def test_a_worker_that_is_about_to_void_finds_that_somebody_agreed(home: House) -> None:
    session_id = sold(home, amount="1500.00")
    refund_id = ask(home, session_id)
    early = home.time.at
    home.time.forward(seconds=CONSENT.total_seconds())

    class AgreedMeanwhile:
        """Whoever agrees does so, by their clock in time, while the worker has it in hand."""

        def __call__(self, work: Any, record: Any) -> Any:
            decide = replace(home.app.decide_refund, now=lambda: early + CONSENT - timedelta(seconds=1))
            decide.approve(session_id, refund_id, reason="just in time", actor=BOB)
            return home.app.send_refunds.hold(work, record)

    replace(home.app.send_refunds, hold=AgreedMeanwhile())()
    assert home.payment(session_id).refunds[0].status is RefundStatus.REQUESTED
    settle(home)
    assert stripe_took_back(home) == [(150_000, "succeeded")]


@pytest.mark.parametrize("point", ["claim", "call", "answer", "record"])
def test_a_part_is_sent_back_once_whatever_dies(home: House, point: str) -> None:
    session_id = sold(home)
    ask(home, session_id, "100.00")
    use_case = home.app.send_refunds
    changes: dict[str, Any] = {
        "claim": {"begin": DiesBeforeCommit(use_case.begin, 1)},
        "call": {"stripe": DiesBeforeCall(use_case.stripe, "refund")},
        "answer": {"stripe": DiesAfterCall(use_case.stripe, "refund")},
        "record": {"begin": DiesBeforeCommit(use_case.begin, 2)},
    }
    with pytest.raises(Died):
        replace(use_case, **changes[point])()
    home.leases_run_out()
    settle(home)
    assert stripe_took_back(home) == [(10_000, "succeeded")]
    assert home.payment(session_id).transactions[0].refunded_minor == 10_000


def test_whoever_dies_while_asking_or_agreeing_has_done_nothing_or_all(home: House) -> None:
    session_id = sold(home, amount="1500.00")
    dying = replace(home.app.request_refund, begin=DiesBeforeCommit(home.app.request_refund.begin, 1))
    with pytest.raises(Died):
        dying(session_id, reason="scratched", actor=ALICE)
    assert home.payment(session_id).refunds == []
    refund_id = ask(home, session_id)
    deciding = replace(home.app.decide_refund, begin=DiesBeforeCommit(home.app.decide_refund.begin, 1))
    with pytest.raises(Died):
        deciding.approve(session_id, refund_id, reason="yes", actor=BOB)
    home.work()
    assert stripe_took_back(home) == []
    home.app.decide_refund.approve(session_id, refund_id, reason="yes", actor=BOB)
    settle(home)
    assert stripe_took_back(home) == [(150_000, "succeeded")]


def test_a_part_whose_key_stripe_has_forgotten_is_looked_up_and_not_sent_twice(home: House) -> None:
    session_id = sold(home)
    ask(home, session_id, "100.00")
    with pytest.raises(Died):
        replace(home.app.send_refunds, stripe=DiesAfterCall(home.app.stripe, "refund"))()
    home.leases_run_out()
    home.forward(hours=25)
    home.work()
    assert stripe_took_back(home) == [(10_000, "succeeded")]
    assert home.payment(session_id).refunds[0].status is RefundStatus.SUCCEEDED


def test_an_error_that_stripe_saved_does_not_keep_the_money_from_going_back(home: House) -> None:
    session_id = sold(home)
    ask(home, session_id, "100.00")
    home.sandbox.fault("error_begun", "refunds.create", count=1)
    for _ in range(8):
        home.work()
        home.forward(minutes=10)
    assert stripe_took_back(home) == [(10_000, "succeeded")]
    assert home.payment(session_id).refunds[0].status is RefundStatus.SUCCEEDED


def test_a_pending_refund_arrives_later(home: House) -> None:
    session_id = sold(home, REFUND_PENDS)
    ask(home, session_id)
    home.work()
    assert home.payment(session_id).refunds[0].status is RefundStatus.PENDING
    assert not home.payment(session_id).session.fully_refunded
    with pytest.raises(ActRefused):
        ask(home, session_id, "0.01")
    home.forward(seconds=30)
    home.hear()
    assert home.payment(session_id).session.fully_refunded


def test_a_refund_that_comes_back_leaves_the_auction_free_and_the_money_for_a_person(home: House) -> None:
    session_id = sold(home, REFUND_FAILS)
    ask(home, session_id)
    home.work()
    assert home.payment(session_id).session.fully_refunded
    second = home.opened(buyer_id="buyer-2")
    home.forward(seconds=30)
    home.hear()
    payment = home.payment(session_id)
    assert payment.refunds[0].status is RefundStatus.FAILED
    assert (payment.transactions[0].status, payment.transactions[0].refunded_minor) == (TransactionStatus.SUCCEEDED, 0)
    assert payment.session.fully_refunded, "another sale of the lot is live"
    (entry,) = [one for one in home.app.view_payments.history(session_id) if one.action == "refund_failed"]
    assert entry.data["came_back"] is True
    assert home.payment(second).session.auction_id == "auction-1"
    ask(home, session_id)
    home.work()
    assert home.told().count("order.canceled") == 1
    home.forward(seconds=30)
    home.hear()


def test_late_money_whose_refund_failed_is_sent_back_by_a_person(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id, REFUND_FAILS)
    home.time.forward(hours=25)
    home.app.expire_windows()
    home.hear()
    with pytest.raises(ActRefused) as refused:
        ask(home, session_id)
    assert refused.value.code == "nothing_left"
    assert waiting(home, "payments_refunds_stuck") == 0
    settle(home)
    assert home.payment(session_id).refunds[0].status is RefundStatus.FAILED
    assert waiting(home, "payments_refunds_stuck") == 1
    assert found_waiting(home) == [session_id]
    plan = home.app.request_refund.preview(session_id)
    assert (plan.amount.minor, plan.from_maker.minor, plan.takes_sale_back) == (27550, 0, False)
    ask(home, session_id)
    settle(home)
    assert len(stripe_took_back(home)) == 2


def waiting(home: House, name: str) -> float:
    """How much waits for a person, as Prometheus sees it."""
    return next(
        family.samples[0].value for family in StandingCollector(home.app.database).collect() if family.name == name
    )


def found_waiting(home: House) -> list[UUID]:
    """The payments that wait for a person, as the desk lists them."""
    return [one.session.id for one in FindPayments(home.app.store.begin, home.time)(Wish(needs_operator=True)).payments]


def test_a_refund_that_stripe_neither_makes_nor_refuses_is_a_matter_for_a_person(home: House) -> None:
    session_id = sold(home)
    ask(home, session_id, amount="10.00")
    home.sandbox.fault("error_before", "refunds.create")
    home.app.send_refunds()
    with home.app.database.transaction() as connection:
        assert waiting(home, "payments_refunds_stuck") == 0
        connection.execute("UPDATE refunds SET sent_at = now() - interval '2 hours'")
        (need,), _ = needs.waiting(connection)
    assert (need.kind, need.why, need.session_id) == (NeedKind.REFUND_STUCK, "asked_in_vain", session_id)
    assert waiting(home, "payments_refunds_stuck") == 1
    assert found_waiting(home) == [session_id]


def test_what_waits_for_a_person_is_counted(home: House) -> None:
    session_id = sold(home, amount="1500.00")
    assert waiting(home, "payments_refunds_awaiting_approval") == 0
    refund_id = ask(home, session_id)
    assert waiting(home, "payments_refunds_awaiting_approval") == 1
    assert found_waiting(home) == [session_id]
    home.app.decide_refund.decline(session_id, refund_id, reason="no", actor=BOB)
    assert waiting(home, "payments_refunds_awaiting_approval") == 0
    assert found_waiting(home) == []
    with home.sandbox.host.using() as core:
        opened = core.dispute(home.payment(session_id).transactions[0].stripe_charge_id or "")
    home.hear()
    assert waiting(home, "payments_disputes_awaiting_evidence") == 1
    with home.sandbox.host.using() as core:
        core.close_dispute(opened["id"], won=True)
    home.forward(seconds=30)
    home.hear()
    assert waiting(home, "payments_disputes_awaiting_evidence") == 0


def test_a_dashboard_refund_is_taken_over_and_counts_against_what_is_left(home: House) -> None:
    session_id = sold(home)
    intent = home.payment(session_id).transactions[0].stripe_payment_intent_id
    for amount in (5_000, 22_550):
        home.app.stripe.refund({"payment_intent": intent, "amount": amount}, idempotency_key=f"dashboard:{amount}")
        home.forward(seconds=30)
        home.hear()
        payment = home.payment(session_id)
        assert payment.refunds[-1].requested_by == "stripe"
        assert payment.session.fully_refunded is (amount == 22_550)
    assert home.told()[-3:] == ["auction.refunded", "auction.refunded", "order.canceled"]
    with pytest.raises(ActRefused):
        ask(home, session_id)
    assert home.opened(buyer_id="buyer-2") != session_id, "the auction is free again"


def test_a_dashboard_refund_that_is_faster_than_ours_makes_ours_fail(home: House) -> None:
    session_id = sold(home)
    ask(home, session_id)
    intent = home.payment(session_id).transactions[0].stripe_payment_intent_id
    home.app.stripe.refund({"payment_intent": intent}, idempotency_key="dashboard")
    settle(home)
    payment = home.payment(session_id)
    assert sorted(one.status for one in payment.refunds) == [RefundStatus.FAILED, RefundStatus.SUCCEEDED]
    assert payment.transactions[0].refunded_minor == 27_550
    assert "refund_refused" in home.actions(session_id)
