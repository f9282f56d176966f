"""Seven events of a payment, from the first decline to the last refund: all orders, each repeated anywhere, one end."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations, product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.dispute import DisputeStatus
from domain.facts import (
    ActionRequired,
    Closed,
    Declined,
    Fact,
    FraudWarned,
    Paid,
    Processing,
    RefundReported,
    ReviewOpened,
    Where,
)
from domain.lifecycle import Status
from domain.money import Money
from domain.payment import Payment
from domain.transaction import RefundStatus
from tests.domain.lives import dispute, refund
from tests.domain.orders import Telling, ends, whole
from tests.domain.payments import ASKED, END, INTENT, WHERE, a_payment, after, end, paid, told
from tests.domain.test_settlement import CARD

SUCCEEDED, PENDING, FAILED = RefundStatus.SUCCEEDED, RefundStatus.PENDING, RefundStatus.FAILED
SECOND = Where(session_id=WHERE.session_id, attempt_no=1, payment_intent_id="pi_2", charge_id="ch_2")


def ours(status: RefundStatus) -> Callable[[Payment], Fact | None]:
    """What Stripe says of the refund that we ask for: nothing before we have."""

    def report(payment: Payment) -> RefundReported | None:
        asked_for = next((one for one in payment.refunds if one.requested_by == "system"), None)
        return None if asked_for is None else replace(refund(9, ASKED.minor, status), refund_id=str(asked_for.id))

    return report


def declined(at: datetime) -> Declined:
    return Declined(at=at, where=INTENT, code="do_not_honor")


#: Each life with the end it should have, and when the charge was made where only that can tell.
LIVES: dict[str, tuple[list[Telling], Status, datetime | None]] = {
    "declined, paid, and refunded in two parts": (
        [declined(after(1)), Processing(at=after(2), where=INTENT), paid(after(2), INTENT), paid(after(3)), CARD,
         refund(1, 9999, SUCCEEDED), refund(2, ASKED.minor - 9999, SUCCEEDED)],
        Status.COMPLETED,
        None,
    ),
    "paid, disputed and won": (
        [Processing(at=after(1), where=INTENT), paid(after(2), INTENT), paid(after(2)), CARD,
         dispute(DisputeStatus.NEEDS_RESPONSE, 20), dispute(DisputeStatus.UNDER_REVIEW, 21),
         dispute(DisputeStatus.WON, 22, 2)],
        Status.COMPLETED,
        None,
    ),
    "declined, paid too late, and sent back": (
        [declined(end(-60)), Processing(at=end(1), where=INTENT), paid(end(1), INTENT), paid(end(2)), CARD,
         ours(PENDING), ours(SUCCEEDED)],
        Status.EXPIRED,
        end(1),
    ),
    "paid too late, sent back, and the refund comes back": (
        [Processing(at=end(1), where=INTENT), paid(end(1), INTENT), paid(end(2)), CARD,
         ours(PENDING), ours(SUCCEEDED), ours(FAILED)],
        Status.EXPIRED,
        end(1),
    ),
    "confirmed at the last moment, refunded in part, disputed and lost": (
        [Processing(at=end(-1), where=INTENT), paid(end(3), INTENT), paid(end(9)), CARD, refund(1, 550, SUCCEEDED),
         dispute(DisputeStatus.NEEDS_RESPONSE, 20, minor=ASKED.minor - 550),
         dispute(DisputeStatus.LOST, 30, minor=ASKED.minor - 550)],
        Status.COMPLETED,
        end(-1),
    ),
    "declined at the end while it was being paid, refunded, and the refund comes back": (
        [declined(end(-2)), declined(end(3)), paid(end(3), INTENT), paid(end(4)), CARD,
         refund(1, ASKED.minor, SUCCEEDED), refund(1, ASKED.minor, FAILED)],
        Status.COMPLETED,
        end(-1),
    ),
    "a delayed method that arrives days after the end, refunded in two parts": (
        [Processing(at=after(60), where=WHERE), paid(END + timedelta(days=3), INTENT), CARD,
         Paid(at=END + timedelta(days=3), where=WHERE, amount=ASKED, confirmed_by=END),
         refund(1, 100, PENDING), refund(1, 100, SUCCEEDED), refund(2, 7, SUCCEEDED)],
        Status.COMPLETED,
        after(60),
    ),
    "another amount, which is sent back in two parts": (
        [declined(after(3)), paid(after(5), amount=Money("USD", 100)), paid(after(5), INTENT, Money("USD", 100)), CARD,
         refund(1, 40, PENDING), refund(1, 40, SUCCEEDED), refund(2, 60, SUCCEEDED)],
        Status.FAILED,
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("life", LIVES)
def test_every_order_of_seven_events_with_any_of_them_repeated_anywhere_ends_in_one_state(life: str) -> None:
    facts, status, charged = LIVES[life]
    assert len(set(facts)) == 7
    (only,) = ends(facts, charged)
    assert f"(<Status.{status.name}: " in only


def test_of_two_payments_the_one_told_first_is_kept_and_nothing_else_depends_on_the_order() -> None:
    first, again, second = paid(after(2), INTENT), paid(after(2)), paid(after(2), SECOND)
    facts: list[Telling] = [first, again, CARD, second, replace(CARD, where=SECOND), ours(PENDING), ours(SUCCEEDED)]
    found = ends(facts, watch=[first, again, second])
    assert len(found) == 2
    for end_, orders in found.items():
        for order in orders:
            kept = "ch_2" if order.index(second) < min(order.index(first), order.index(again)) else "ch_1"
            assert re.findall(r"<Disposition.KEPT[^)]*'(ch_\d)'", end_) == [kept]
    assert len({re.sub(r"(pi|ch)_\d", r"\1", end_) for end_ in found}) == 1


@pytest.mark.parametrize(
    "facts",
    [
        [declined(after(1)), paid(after(2), INTENT), refund(1, 5, SUCCEEDED), refund(1, 5, FAILED)],
        # Here the order matters.
        [ReviewOpened(at=after(1), where=INTENT, review_id="prv_1"), paid(after(1)), declined(after(2)), CARD],
    ],
)
def test_the_walk_ends_where_telling_each_order_ends(facts: list[Fact]) -> None:
    each = set()
    for order in permutations(facts):
        for repeated, place in product(order, range(len(order) + 1)):
            each.add(repr(whole(told(a_payment(), [*order[:place], repeated, *order[place:]]))))
    assert {end_.splitlines()[0] for end_ in ends(facts)} == each


def test_the_walk_says_so_where_something_is_never_taken() -> None:
    with pytest.raises(AssertionError, match="waits for ever"):
        ends([paid(after(1)), refund(1, ASKED.minor, SUCCEEDED), refund(2, 1, SUCCEEDED)])


#: What else Stripe may say of money that came in time: none of it contradicts another.
SAID: list[Fact] = [
    declined(after(1)), declined(after(5)),
    Processing(at=after(1), where=INTENT), Processing(at=after(6), where=INTENT),
    ActionRequired(at=after(1), where=INTENT), Closed(at=after(7), where=WHERE), paid(after(3)), CARD,
    FraudWarned(at=after(90), where=INTENT, warning_id="issfr_1", fraud_type="stolen_card", actionable=True),
    refund(1, 9999, PENDING), refund(1, 9999, SUCCEEDED), refund(1, 9999, FAILED), refund(2, 5000, SUCCEEDED),
    refund(3, ASKED.minor, SUCCEEDED), refund(3, ASKED.minor, FAILED),
    dispute(DisputeStatus.WARNING_NEEDS_RESPONSE, 19, 0), dispute(DisputeStatus.WARNING_CLOSED, 30, 0),
    dispute(DisputeStatus.NEEDS_RESPONSE, 20), dispute(DisputeStatus.UNDER_REVIEW, 21),
    dispute(DisputeStatus.LOST, 30), dispute(DisputeStatus.WON, 40, 2),
]  # fmt: skip


@settings(max_examples=4, deadline=None)
@given(st.sets(st.sampled_from(range(len(SAID))), min_size=6, max_size=6))
def test_any_seven_things_that_stripe_says_of_money_in_time_end_in_one_state(chosen: set[int]) -> None:
    facts = [paid(after(2), INTENT), *(SAID[number] for number in sorted(chosen))]
    refunds = [one for one in facts if isinstance(one, RefundReported)]
    came_back = {one.stripe_refund_id for one in refunds if one.status is FAILED}
    stays = sum(
        one.amount.minor for one in refunds if one.status is SUCCEEDED and one.stripe_refund_id not in came_back
    )
    assume(stays <= ASKED.minor)  # Stripe sends no more back than came.
    assert len(ends(facts)) == 1
