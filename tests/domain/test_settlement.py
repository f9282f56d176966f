"""What a payment becomes by what Stripe says: the same in any order, with any repeats, in one second or over days."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.closing import close_window
from domain.facts import ChargeReported, Closed, Declined, Fact, Paid, Processing, RefundReported, Where
from domain.lifecycle import Status, Trigger
from domain.money import Money
from domain.payment import Payment
from domain.transaction import Disposition, RefundStatus, TransactionStatus
from tests.domain.orders import ends, whole
from tests.domain.payments import ASKED, END, INTENT, NOW, WHERE, a_payment, after, end, paid, told


def state(payment: Payment) -> object:
    """Everything about a payment that must not depend on the order of news."""
    session, (attempt,) = payment.session, payment.attempts
    return (
        session.status,
        session.reason,
        session.next_retry_at,
        (session.news_attempt, session.news_at, session.news_rank),
        (attempt.status, attempt.decline_code, attempt.stripe_payment_intent_id),
        sorted(
            (one.stripe_payment_intent_id, one.disposition, one.status, one.method_last4)
            for one in payment.transactions
        ),
        sorted((one.amount_minor, one.status) for one in payment.refunds),
        sorted((line.cause, line.line, line.debit, line.credit, line.amount) for line in payment.ledger),
    )


CARD = ChargeReported(
    at=after(2), where=INTENT, balance_transaction_id=None, method_type="card", method_brand="visa", method_last4="4242"
)

LIVES: dict[str, list[Fact]] = {
    "paid at once": [Processing(at=after(1), where=INTENT), paid(after(2), INTENT), paid(after(2)), CARD],
    "declined, then paid in the same second": [
        Declined(at=after(1), where=INTENT, code="insufficient_funds"),
        Declined(at=after(1), where=INTENT, code="insufficient_funds"),
        Processing(at=after(1), where=INTENT),
        paid(after(1), INTENT),
        paid(after(1)),
        CARD,
    ],
    "declined three times": [
        Declined(at=after(1), where=INTENT, code="insufficient_funds"),
        Processing(at=after(2), where=INTENT),
        Declined(at=after(2), where=INTENT, code="expired_card"),
        Declined(at=after(3), where=INTENT, code="do_not_honor"),
    ],
    "a delayed method that arrives days after the end": [
        Processing(at=after(60), where=WHERE),
        Paid(at=END + timedelta(days=3), where=WHERE, amount=ASKED, confirmed_by=END),
        paid(END + timedelta(days=3), INTENT),
        CARD,
    ],
    "a delayed method that fails": [
        Processing(at=after(60), where=WHERE),
        Declined(at=END + timedelta(days=3), where=WHERE, code="delayed_payment_failed", closes=True),
    ],
    "paid at the last moment, as one says, and after it, as the other says": [
        paid(end(-1), INTENT),
        paid(end(1)),
        CARD,
    ],
    "paid after the end, as one says, and in time, as the other says": [paid(end(1), INTENT), paid(END), CARD],
    "confirmed a second before the end, and paid three after it": [
        Processing(at=end(-1), where=INTENT),
        paid(end(3), INTENT),
        paid(end(9)),
        CARD,
    ],
    "declined while it was being paid at the end": [
        Declined(at=end(-2), where=INTENT, code="insufficient_funds"),
        Declined(at=end(3), where=INTENT, code="do_not_honor"),
        paid(end(3), INTENT),
        paid(end(4)),
        CARD,
    ],
    "paid after the end": [Processing(at=end(1), where=INTENT), paid(end(1), INTENT), paid(end(2)), CARD],
    "another amount": [paid(after(5), amount=Money("USD", 100)), paid(after(5), INTENT, Money("USD", 100)), CARD],
    "closed by Stripe": [Closed(at=END, where=WHERE), Declined(at=after(3), where=INTENT, code="do_not_honor")],
}

#: When the charge was made, in lives near the end; only Stripe's answer tells it.
CHARGED: dict[str, datetime] = {
    "paid at the last moment, as one says, and after it, as the other says": end(-1),
    "paid after the end, as one says, and in time, as the other says": END,
    "confirmed a second before the end, and paid three after it": end(-1),
    "declined while it was being paid at the end": end(-1),
    "a delayed method that arrives days after the end": after(60),
    "paid after the end": end(1),
}


@pytest.mark.parametrize("life", LIVES)
def test_any_order_with_any_repeated_anywhere_ends_in_one_state(life: str) -> None:
    (only,) = ends(LIVES[life], CHARGED.get(life), view=lambda payment: (whole(payment), state(payment)))
    assert repr(told(a_payment(), LIVES[life], CHARGED.get(life)).session.status) in only


@given(st.data())
def test_any_mix_of_repeats_ends_in_the_state_of_each_fact_once(data: st.DataObject) -> None:
    life = data.draw(st.sampled_from(sorted(LIVES)))
    facts, charged = LIVES[life], CHARGED.get(life)
    extra = data.draw(st.lists(st.sampled_from(facts), max_size=6))
    order = data.draw(st.permutations([*facts, *extra]))
    # Stripe may be asked at any moment, as soon as there is a reason to.
    heard = data.draw(st.integers(0, len(order)))
    payment = told(told(a_payment(), order[:heard], charged), order[heard:], charged)
    told(payment, order, charged)
    assert state(payment) == state(told(a_payment(), facts, charged))


@pytest.mark.parametrize(
    ("life", "status"),
    [
        ("paid at once", Status.COMPLETED),
        ("declined, then paid in the same second", Status.COMPLETED),
        ("declined three times", Status.FAILED),
        ("a delayed method that arrives days after the end", Status.COMPLETED),
        ("a delayed method that fails", Status.FAILED),
        ("paid after the end", Status.EXPIRED),
        ("confirmed a second before the end, and paid three after it", Status.COMPLETED),
        ("declined while it was being paid at the end", Status.COMPLETED),
        ("another amount", Status.PROCESSING),
        ("closed by Stripe", Status.FAILED),
    ],
)
def test_each_life_ends_where_it_should(life: str, status: Status) -> None:
    assert told(a_payment(), LIVES[life], CHARGED.get(life)).session.status is status


def test_the_newest_decline_is_the_reason() -> None:
    assert told(a_payment(), LIVES["declined three times"]).session.reason == "do_not_honor"


def test_money_after_the_end_is_sent_back() -> None:
    payment = told(a_payment(), [paid(end(1))], charged=end(1))
    assert payment.session.status is Status.EXPIRED
    assert [one.type for one in payment.announcements] == ["auction.reopened"]
    assert [one.disposition for one in payment.transactions] == [Disposition.LATE]
    assert [(one.amount_minor, one.status) for one in payment.refunds] == [(ASKED.minor, RefundStatus.REQUESTED)]


def test_money_for_a_closed_window_is_sent_back_although_it_was_paid_in_time() -> None:
    payment = a_payment()
    assert close_window(payment, Trigger.CLOSED_BY_REQUEST, "closed_by_request", NOW)
    told(payment, [paid(after(1))])
    assert payment.session.status is Status.EXPIRED
    assert [one.disposition for one in payment.transactions] == [Disposition.LATE]


def test_a_second_payment_is_sent_back() -> None:
    second = Where(session_id=WHERE.session_id, attempt_no=1, checkout_id="cs_1", payment_intent_id="pi_2")
    payment = told(a_payment(), [paid(after(1)), paid(after(2), second)])
    assert payment.session.status is Status.COMPLETED
    assert [one.disposition for one in payment.transactions] == [Disposition.KEPT, Disposition.DUPLICATE]
    assert len(payment.refunds) == 1


def test_another_amount_is_held_and_never_completes() -> None:
    payment = told(a_payment(), LIVES["another amount"])
    assert [one.disposition for one in payment.transactions] == [Disposition.HELD]
    assert payment.announcements == []
    assert payment.refunds == []


def test_a_refund_counts_once_and_takes_the_sale_back_when_it_is_whole() -> None:
    refund = RefundReported(
        at=after(9),
        where=INTENT,
        stripe_refund_id="re_1",
        refund_id=None,
        amount=ASKED,
        status=RefundStatus.SUCCEEDED,
        failure_reason=None,
    )
    payment = told(a_payment(), [paid(after(1)), refund, refund])
    (transaction,) = payment.transactions
    assert transaction.status is TransactionStatus.REFUNDED
    assert transaction.refunded_minor == ASKED.minor
    assert payment.session.fully_refunded
    assert [one.type for one in payment.announcements][-2:] == ["auction.refunded", "order.canceled"]


def test_the_books_balance_by_their_shape() -> None:
    payment = told(a_payment(), LIVES["paid at once"])
    assert sum(line.amount.minor for line in payment.ledger) == ASKED.minor
    assert all(line.debit != line.credit for line in payment.ledger)
