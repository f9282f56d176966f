"""A payment that is processing may wait for several things at once, and goes on until none is left, in any order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.facts import Declined, Fact, Paid, Processing, ReviewClosed, ReviewOpened, Where
from domain.holds import MONEY_IS_HELD, held_money
from domain.ids import AttemptId
from domain.lifecycle import FINAL, Status
from domain.lookups import waits_for_bank
from domain.money import Money
from domain.payment import Payment
from domain.refund_requests import settle
from domain.remaining import owed
from domain.transaction import Disposition, RefundStatus
from domain.waiting import NEAR_THE_END, is_under_way
from domain.windows import close_if_over
from tests.domain.lives import D, dispute, refund
from tests.domain.payments import ASKED, END, INTENT, NOW, WHERE, a_payment, after, end, told

OTHER = Money("USD", 20_000)
BY_DEBIT, BY_CARD = (
    Where(session_id=WHERE.session_id, attempt_no=number, payment_intent_id=f"pi_{number}", charge_id=f"ch_{number}")
    for number in (2, 3)
)
DEBIT = Processing(at=after(300), where=BY_DEBIT)
DEBIT_FAILED = Declined(at=end(86_400), where=BY_DEBIT, code="insufficient_funds", closes=True)
ARRIVED = Paid(at=end(86_400), where=BY_DEBIT, amount=ASKED, charged_at=after(299))
NEAR_END = Paid(at=end(60), where=BY_CARD, amount=ASKED)
TOO_LATE, IN_TIME = replace(NEAR_END, charged_at=end(60)), replace(NEAR_END, charged_at=END)


def with_others(payment: Payment) -> Payment:
    """Two more attempts are open."""
    (first,) = payment.attempts
    for number in (2, 3):
        other = replace(first, id=AttemptId(UUID(int=10 + number)), stripe_checkout_id=f"cs_{number}")
        payment.attempts.append(replace(other, attempt_no=number))
    return payment


def held(amount: Money) -> Payment:
    """Money is held for its amount or, where that is right, for Stripe's review."""
    payment = with_others(a_payment())
    reviewed = ReviewOpened(at=after(1), where=INTENT, review_id="prv_1")
    told(payment, [*([reviewed] if amount == ASKED else []), Paid(at=after(2), where=INTENT, amount=amount)])
    assert payment.session.status is Status.PROCESSING
    return payment


def goes_back(amount: Money) -> list[Fact]:
    """What is held goes back, bounces, and is sent again."""
    succeeded, failed = RefundStatus.SUCCEEDED, RefundStatus.FAILED
    return [refund(1, amount.minor, succeeded), refund(1, amount.minor, failed), refund(2, amount.minor, succeeded)]


def where(payment: Payment) -> tuple[Status, str | None]:
    return payment.session.status, payment.session.reason


@pytest.fixture(params=[OTHER, ASKED], ids=["another amount", "a review"])
def amount(request: pytest.FixtureRequest) -> Money:
    money: Money = request.param
    return money


def test_a_debit_under_way_is_waited_for_whatever_becomes_of_money_that_was_held(amount: Money) -> None:
    for order in permutations([DEBIT, *goes_back(amount)]):
        payment = told(held(amount), order)
        assert where(payment) == (Status.PROCESSING, None), order
        assert waits_for_bank(payment.session, payment.attempts[1]), "it is looked up"
        assert not close_if_over(payment, END + timedelta(hours=1))
        told(payment, [ARRIVED])
        assert payment.session.status is Status.COMPLETED
        assert "auction.reopened" not in [one.type for one in payment.announcements]


def test_when_the_debit_fails_and_held_money_is_back_nothing_is_waited_for(amount: Money) -> None:
    for order in permutations([DEBIT, DEBIT_FAILED, *goes_back(amount)]):
        payment = told(held(amount), order)
        assert payment.session.status is Status.FAILED, order
        assert close_if_over(payment, END + timedelta(hours=1))


def test_a_debit_and_a_decision_are_waited_for_when_other_money_was_late(amount: Money) -> None:
    for order in permutations([DEBIT, TOO_LATE, *goes_back(amount)]):
        payment, at = held(amount), order.index(TOO_LATE)
        told(payment, [NEAR_END, *order[:at]])
        assert payment.session.status is Status.PROCESSING, order
        waits = where(payment)[1] != "paid_near_the_end" or DEBIT in order[:at]
        told(payment, [*order[at:], *order])
        # Where nothing else is known of when the answer comes, the window is over; a debit is heard of too late then.
        assert where(payment) == ((Status.PROCESSING, None) if waits else (Status.EXPIRED, "paid_late")), order


def test_money_near_the_end_that_was_in_time_pays_whatever_becomes_of_money_that_was_held(amount: Money) -> None:
    for order in permutations([DEBIT, IN_TIME, *goes_back(amount)]):
        payment, at = held(amount), order.index(IN_TIME)
        told(payment, [NEAR_END, *order[:at]])
        assert not close_if_over(payment, END + timedelta(minutes=5)), order
        told(payment, [*order[at:], *order])
        assert payment.session.status is Status.COMPLETED, order
        assert "auction.reopened" not in [one.type for one in payment.announcements]


def bounced(amount: Money) -> Payment:
    payment = told(held(amount), goes_back(amount)[:2])
    assert where(payment) == (Status.FAILED, "held_money_returned"), "its refund is owed, and is waited for no more"
    return payment


def test_late_money_ends_a_payment_that_only_owes_what_came_back(amount: Money) -> None:
    payment = told(bounced(amount), [NEAR_END])
    assert where(payment) == (Status.PROCESSING, "paid_near_the_end")
    told(payment, [TOO_LATE])
    assert where(payment) == (Status.EXPIRED, "paid_late")
    assert [one.disposition for one in payment.transactions] == [Disposition.HELD, Disposition.LATE]


@pytest.mark.parametrize("news", [[], [refund(2, OTHER.minor, RefundStatus.SUCCEEDED)]], ids=["bounced", "sent again"])
def test_a_bank_that_asks_about_money_long_decided_ends_no_wait_for_another(news: Sequence[Fact]) -> None:
    payment = told(bounced(OTHER), [DEBIT, *news, dispute(D.WARNING_NEEDS_RESPONSE, 480, 0, OTHER.minor)])
    assert where(payment) == (Status.PROCESSING, None)


def test_a_debit_that_was_confirmed_in_time_proves_nothing_of_money_by_another_attempt() -> None:
    payment = told(with_others(a_payment()), [DEBIT, NEAR_END])
    assert where(payment) == (Status.PROCESSING, "paid_near_the_end")
    told(payment, [TOO_LATE])
    assert where(payment) == (Status.PROCESSING, None)


def test_money_that_bounced_is_not_waited_for_again_when_other_money_was_held() -> None:
    other = Paid(at=after(100), where=BY_CARD, amount=Money("USD", 100))
    gone = replace(refund(3, 100, RefundStatus.SUCCEEDED), where=BY_CARD)
    went, bounces, _ = goes_back(OTHER)
    for order in ([went, bounces, other, gone], [went, other, gone, bounces], [other, went, bounces, gone]):
        payment = told(held(OTHER), order)
        assert where(payment) == (Status.FAILED, "held_money_returned"), order
        assert [one.amount.minor for one in owed(payment)] == [OTHER.minor]
        assert close_if_over(payment, END + timedelta(hours=1))


def test_money_that_bounced_under_the_release_before_is_not_waited_for_again_either() -> None:
    payment = bounced(OTHER)
    payment.transactions[0].hold_ended = False
    told(payment, [Paid(at=after(100), where=BY_CARD, amount=Money("USD", 100))])
    assert [one.amount_minor for one in held_money(payment)] == [100]


def test_held_money_that_a_bank_has_taken_and_gives_back_goes_back_whatever_else_is_waited_for() -> None:
    won = dispute(D.WON, 40, 2, OTHER.minor)
    for order in permutations([won, DEBIT, DEBIT_FAILED]):
        payment = told(held(OTHER), [dispute(D.LOST, 30, 1, OTHER.minor), *order, won])
        assert where(payment)[0] is Status.FAILED, order
        assert [one.amount_minor for one in payment.refunds] == [OTHER.minor], order
    payment = told(held(OTHER), [dispute(D.LOST, 30, 1, OTHER.minor), NEAR_END, won, TOO_LATE])
    assert where(payment) == (Status.EXPIRED, "paid_late")
    assert sorted(one.amount_minor for one in payment.refunds) == [OTHER.minor, ASKED.minor]


@pytest.mark.parametrize("reason", [NEAR_THE_END, None])
def test_a_payment_that_the_release_before_left_waiting_for_nothing_waits_no_more(reason: str | None) -> None:
    for way in ("sent again", "settled", "asked about"):
        payment = bounced(OTHER)
        payment.session.status, payment.session.reason = Status.PROCESSING, reason
        if way == "sent again":
            told(payment, goes_back(OTHER)[2:])
        elif way == "settled":
            settle(payment, None, "by bank transfer", "admin:alice", NOW)
        else:
            told(payment, [dispute(D.WARNING_NEEDS_RESPONSE, 480, 0, OTHER.minor)])
        assert where(payment) == (Status.FAILED, "held_money_returned"), way
        assert close_if_over(payment, END + timedelta(hours=1)), "the lot is reopened"


def test_one_of_two_that_are_held_goes_back_and_the_other_waits(amount: Money) -> None:
    second = Paid(at=after(60), where=BY_CARD, amount=Money("USD", 100))
    payment = told(held(amount), [DEBIT, second, goes_back(amount)[0]])
    assert where(payment) == (Status.PROCESSING, "amount_differs")


NEWS: list[Fact] = [
    ReviewOpened(at=after(1), where=INTENT, review_id="prv_1"),
    ReviewClosed(at=after(90), where=INTENT, review_id="prv_1", reason="approved"),
    Paid(at=after(2), where=INTENT, amount=OTHER),
    Paid(at=end(30), where=INTENT, amount=OTHER, charged_at=end(30)),
    *goes_back(OTHER),
    dispute(D.NEEDS_RESPONSE, 20, 1, OTHER.minor),
    dispute(D.LOST, 30, 1, OTHER.minor),
    dispute(D.WON, 40, 2, OTHER.minor),
    Declined(at=after(1), where=INTENT, code="do_not_honor"),
    DEBIT,
    DEBIT_FAILED,
    ARRIVED,
    replace(ARRIVED, amount=OTHER),
    NEAR_END,
    TOO_LATE,
    IN_TIME,
    Processing(at=after(400), where=BY_CARD),
]


@given(st.lists(st.sampled_from(NEWS), max_size=12))
def test_a_payment_is_processing_exactly_while_there_is_something_to_wait_for(news: list[Fact]) -> None:
    payment = with_others(a_payment())
    for fact in news:
        told(payment, [fact])
        session = payment.session
        waits = {
            "money": session.reason in MONEY_IS_HELD and bool(held_money(payment)),
            "charge": any(one.paid_near_end_at for one in payment.attempts),
            "bank": any(is_under_way(session, one) for one in payment.attempts),
        }
        if session.status not in FINAL:
            assert (session.status is Status.PROCESSING) == any(waits.values()), waits
        if session.status is Status.PROCESSING:
            near = "charge" if session.reason == NEAR_THE_END else "bank"
            named = "money" if session.reason in MONEY_IS_HELD else near
            assert named == next(one for one, there in waits.items() if there)
