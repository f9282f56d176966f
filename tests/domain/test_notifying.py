"""Who is told what when."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from domain.ids import RefundId, TransactionId
from domain.lifecycle import Status
from domain.notice import Channel, Notice
from domain.notices import NoticeKind, Recipient
from domain.notifying import BY_TEXT, DECLINE_REST, PAPER_PATIENCE, Telling, plan
from domain.payment import Payment
from domain.policies import Policy
from domain.transaction import Refund, RefundStatus
from tests.domain.payments import END, NOW, a_payment, terms

_IDS = count(1)
REFUND = str(UUID(int=9))
ALL = Telling(
    new_id=lambda: UUID(int=next(_IDS)),
    policies={"standard": replace(terms().policies["standard"], reminder=timedelta(hours=2))},
    mail=True,
    text=True,
    topics=frozenset(Recipient),
)
#: What each note comes with, and what it leads to.
TOLD: Mapping[str, tuple[dict[str, Any], set[NoticeKind]]] = {
    "checkout_created": ({"attempt": 1}, {NoticeKind.PAYMENT_REQUIRED, NoticeKind.REMINDER}),
    "payment_declined": ({"attempt": 1}, {NoticeKind.PAYMENT_FAILED}),
    "checkout_completed": ({}, {NoticeKind.PAYMENT_RECEIVED, NoticeKind.LOT_PAID}),
    "receipt_issued": ({"kind": "receipt", "refund": None}, {NoticeKind.PAYMENT_RECEIVED}),
    "refund_succeeded": ({"refund": REFUND}, {NoticeKind.REFUNDED}),
    "window_extended": ({}, {NoticeKind.WINDOW_EXTENDED, NoticeKind.REMINDER}),
    "payment_expired": ({}, {NoticeKind.WINDOW_EXPIRED, NoticeKind.LOT_NOT_PAID}),
    "payment_canceled": ({}, {NoticeKind.WINDOW_EXPIRED, NoticeKind.LOT_NOT_PAID}),
    "payment_processing": ({}, set()),
}


def known(**changes: Any) -> Payment:
    """A payment of which every address is known."""
    payment = a_payment()
    session = payment.session
    session.buyer_email, session.buyer_phone, session.maker_email = "b@example.com", "+4930123456", "m@example.com"
    session.window_started_at = session.completed_at = NOW
    payment.refunds.append(
        Refund(
            id=RefundId(UUID(REFUND)),
            session_id=session.id,
            transaction_id=TransactionId(UUID(int=8)),
            amount_minor=100,
            currency="USD",
            status=RefundStatus.SUCCEEDED,
            reason="damaged",
            idempotency_key="r",
            created_at=NOW,
            updated_at=NOW,
        )
    )
    for name, value in changes.items():
        setattr(session, name, value)
    return payment


def told(payment: Payment, action: str, telling: Telling = ALL, **data: Any) -> list[Notice]:
    payment.notes.clear()
    payment.notices.clear()
    payment.note(action, NOW, **(TOLD[action][0] | data))
    plan(payment, telling)
    return payment.notices


@pytest.mark.parametrize("action", TOLD)
def test_each_thing_that_happens_is_told_to_whom_it_concerns(action: str) -> None:
    notices = told(known(), action)
    assert {one.kind for one in notices} == TOLD[action][1]
    for one in notices:
        assert one.recipient == ("maker" if one.kind in (NoticeKind.LOT_PAID, NoticeKind.LOT_NOT_PAID) else "buyer")
        assert one.wanted_at == one.due_at >= one.created_at == NOW
        assert "example" not in str(one.facts)
    by_text = {one.kind for one in notices if one.channel is Channel.SMS}
    assert by_text == TOLD[action][1] & BY_TEXT
    assert len({one.dedupe_key for one in notices}) == len(notices)


@pytest.mark.parametrize("action", TOLD)
def test_what_happens_again_is_told_under_the_same_key(action: str) -> None:
    payment = known()
    first = [one.dedupe_key for one in told(payment, action)]
    assert [one.dedupe_key for one in told(payment, action)] == first


@pytest.mark.parametrize("action", TOLD)
def test_without_addresses_only_topics_hear_of_it_and_without_topics_nobody(action: str) -> None:
    payment = known(buyer_email=None, buyer_phone=None, maker_email=None)
    assert {one.channel for one in told(payment, action)} <= {Channel.TOPIC}
    assert told(payment, action, replace(ALL, topics=frozenset())) == []
    assert told(known(), action, Telling(ALL.new_id, ALL.policies)) == []


@pytest.mark.parametrize(
    ("lead", "window", "reminded"),
    [(2, 24, True), (2, 4, True), (2, 3.9, False), (0, 24, False), (24, 24, False)],
)
def test_a_window_is_reminded_of_unless_it_is_short(lead: float, window: float, reminded: bool) -> None:
    policy: Policy = replace(ALL.policies["standard"], reminder=timedelta(hours=lead))
    payment = known(window_expires_at=NOW + timedelta(hours=window))
    notices = told(payment, "checkout_created", replace(ALL, policies={"standard": policy}))
    due = {one.due_at for one in notices if one.kind is NoticeKind.REMINDER}
    assert due == ({NOW + timedelta(hours=window - lead)} if reminded else set())


def test_a_payment_whose_policy_nobody_knows_is_not_reminded_of() -> None:
    kinds = {one.kind for one in told(known(), "checkout_created", replace(ALL, policies={}))}
    assert kinds == {NoticeKind.PAYMENT_REQUIRED}


def test_a_checkout_that_opens_when_all_is_over_asks_nobody() -> None:
    assert told(known(status=Status.COMPLETED), "checkout_created") == []


def test_who_was_never_shown_a_checkout_is_not_told_that_the_time_is_over() -> None:
    notices = told(known(window_started_at=None), "payment_expired")
    assert {one.kind for one in notices} == {NoticeKind.LOT_NOT_PAID}
    assert told(known(window_started_at=None), "window_extended") == []


@pytest.mark.parametrize(
    ("left", "rest"),
    [
        (END - NOW, DECLINE_REST),
        (timedelta(seconds=30), timedelta(seconds=3)),
        (timedelta(seconds=-5), timedelta()),
    ],
)
def test_a_decline_is_told_after_a_rest_that_suits_the_window(left: timedelta, rest: timedelta) -> None:
    notices = told(known(window_expires_at=NOW + left), "payment_declined")
    assert {one.due_at for one in notices} == {NOW + rest}


def test_the_mail_about_money_waits_for_its_paper_and_goes_with_it() -> None:
    waiting = {one.dedupe_key: one.due_at for one in told(known(), "refund_succeeded")}
    assert set(waiting.values()) == {NOW + PAPER_PATIENCE}
    hurried = {one.dedupe_key: one.due_at for one in told(known(), "receipt_issued", kind="credit_note", refund=REFUND)}
    assert hurried == dict.fromkeys(waiting, NOW)


@pytest.mark.parametrize("late_by", [timedelta(0), timedelta(days=30)])
@pytest.mark.parametrize("paper", [{}, {"kind": "credit_note", "refund": REFUND}], ids=["receipt", "credit note"])
def test_paper_that_no_mail_can_wait_for_any_more_is_no_news(paper: dict[str, str], late_by: timedelta) -> None:
    moved_at = NOW - PAPER_PATIENCE - late_by
    payment = known(completed_at=moved_at)
    payment.refunds[0].updated_at = moved_at
    assert told(payment, "receipt_issued", **paper) == []
