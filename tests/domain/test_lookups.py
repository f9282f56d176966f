"""When one attempt or refund is looked up at Stripe: pure decisions."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.attempt import AttemptCause, AttemptStatus, CheckoutAttempt
from domain.facts import Closed, Declined, Processing, Where
from domain.ids import AttemptId, RefundId, SessionId, TransactionId
from domain.lifecycle import Status
from domain.lookups import BANK_ANSWER, CLOSING, ENDED, NEAR_END, PAUSES, REFUND, meaning, paused, plan
from domain.news import RANK
from domain.payment import Payment
from domain.policies import AttemptKind
from domain.session import PaymentSession
from domain.transaction import Refund, RefundStatus
from domain.waiting import NEAR_THE_END

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
ID = UUID(int=1)


def payment(session: dict[str, Any] | None = None, **attempt: Any) -> Payment:
    paying = PaymentSession(
        id=SessionId(ID), auction_id="a", buyer_id="b", maker_id="m", intake_key="k", policy="standard",
        amount_minor=100, currency="USD", created_at=NOW, updated_at=NOW, window_expires_at=NOW, **(session or {}),
    )  # fmt: skip
    ordinary: dict[str, Any] = {"status": AttemptStatus.OPEN, "stripe_checkout_id": "cs_1"}
    one = CheckoutAttempt(
        id=AttemptId(ID), session_id=paying.id, attempt_no=1, idempotency_key="a:b:1", kind=AttemptKind.CHECKOUT,
        cause=AttemptCause.FIRST, created_at=NOW, **ordinary | attempt,
    )  # fmt: skip
    return Payment(paying, [one])


WAITING = {"status": Status.PROCESSING, "news_at": NOW, "news_attempt": 1, "news_rank": RANK[Processing]}


@pytest.mark.parametrize(
    ("session", "attempt", "due"),
    [
        ({}, {}, None),
        ({}, {"expires_at": NOW}, NOW + ENDED),
        ({"status": Status.EXPIRED}, {"expires_at": NOW}, NOW + ENDED),
        ({}, {"expires_at": NOW, "due_at": NOW}, None),
        ({}, {"expires_at": NOW, "stripe_checkout_id": None}, None),
        ({}, {"expires_at": NOW, "status": AttemptStatus.CLOSED}, None),
        ({}, {"expires_at": NOW, "status": AttemptStatus.PAID}, None),
        ({}, {"expires_at": NOW, "close_requested_at": NOW}, NOW + CLOSING),
        (WAITING, {}, NOW + BANK_ANSWER),
        (WAITING, {"status": AttemptStatus.CLOSED}, NOW + BANK_ANSWER),
        (WAITING | {"reason": NEAR_THE_END}, {"paid_near_end_at": NOW}, NOW + NEAR_END),
        # Its opening was not answered, and has its turn behind all that can still be paid.
        (WAITING | {"reason": NEAR_THE_END}, {"paid_near_end_at": NOW, "due_at": NOW}, NOW + NEAR_END),
        # Other money came near the end; its own bank has not answered.
        (WAITING | {"reason": NEAR_THE_END}, {}, NOW + BANK_ANSWER),
        (WAITING | {"news_rank": RANK[Declined]}, {}, None),
        (WAITING, {"status": AttemptStatus.PAID}, None),
        (WAITING | {"news_attempt": 2}, {"expires_at": NOW}, NOW + ENDED),
        ({}, {"expires_at": NOW, "look_up_after": NOW + timedelta(days=1)}, NOW + timedelta(days=1)),
        ({}, {"expires_at": NOW, "look_up_after": NOW}, NOW + ENDED),
    ],
)
def test_an_attempt_is_looked_up_when_its_news_is_overdue(
    session: dict[str, Any], attempt: dict[str, Any], due: datetime | None
) -> None:
    planned = payment(session, **attempt)
    plan(planned)
    assert planned.attempts[0].look_up_at == due


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({}, NOW + REFUND),
        ({"status": RefundStatus.SUCCEEDED}, None),
        ({"stripe_refund_id": None}, None),
        ({"due_at": NOW}, None),
    ],
)
def test_a_refund_is_looked_up_when_it_was_pending_for_long(changes: dict[str, Any], due: datetime | None) -> None:
    planned = payment()
    ordinary: dict[str, Any] = {"status": RefundStatus.PENDING, "stripe_refund_id": "re_1"}
    refund = Refund(
        id=RefundId(ID), session_id=planned.session.id, transaction_id=TransactionId(ID), amount_minor=1,
        currency="USD", reason="late", idempotency_key="k", created_at=NOW, updated_at=NOW, **ordinary | changes,
    )  # fmt: skip
    planned.refunds.append(refund)
    plan(planned)
    assert refund.look_up_at == due


def test_look_ups_that_find_nothing_become_seldom() -> None:
    assert [paused(looks) for looks in (0, 1, 2, 3, 4, 5, 99)] == [PAUSES[0], *PAUSES, PAUSES[-1], PAUSES[-1]]


def test_an_object_that_ended_while_its_money_was_awaited_is_a_decline() -> None:
    closed = Closed(at=NOW, where=Where(checkout_id="cs_1"))
    waiting = payment(WAITING)
    declined, same = meaning(waiting, waiting.attempts[0], [closed])
    assert isinstance(declined, Declined)
    assert same is closed
    idle = payment()
    assert meaning(idle, idle.attempts[0], [closed]) == [closed]
