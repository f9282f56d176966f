"""What analytics hear of a payment, and what they do not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.analytics import EVENTS, tracked
from domain.ids import SessionId
from domain.payment import Note
from domain.policies import standard
from domain.session import PaymentSession

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
POLICIES = {
    "standard": standard(
        window=timedelta(days=1),
        retry_limit=3,
        retry_backoff=(timedelta(minutes=1),),
        max_extension=timedelta(days=2),
        three_ds_from=50_000,
    )
}
SESSION = PaymentSession(
    id=SessionId(UUID(int=1)),
    auction_id="lot-1",
    buyer_id="buyer-7",
    maker_id="maker-3",
    intake_key="lot-1:buyer-7",
    policy="standard",
    amount_minor=27550,
    currency="USD",
    created_at=NOW,
    updated_at=NOW,
    window_expires_at=NOW,
    buyer_email="buyer@example.com",
    buyer_phone="+15555550100",
    title="A vase",
    retry_count=1,
    audit_seq=5,
)


def notes(*actions: tuple[str, dict[str, Any]], session: PaymentSession = SESSION) -> list[tuple[PaymentSession, Note]]:
    return [(session, Note(action, NOW, "system", data)) for action, data in actions]


def test_all_properties_of_the_specification_are_told_and_nothing_of_a_person() -> None:
    (one,) = tracked(notes(("checkout_completed", {"amount_minor": 20000, "currency": "USD"})), POLICIES)
    assert one.event == "payments.checkout.completed"
    assert one.properties == {
        "payment_session_id": str(SESSION.id),
        "auction_id": "lot-1",
        "policy": "standard",
        # What came, not what was asked.
        "amount": "200.00",
        "currency": "USD",
        "amount_usd": 200.0,
        "retry_count": 1,
    }
    for personal in ("buyer-7", "maker-3", "example.com", "5555550100"):
        assert personal not in repr(one)


def test_an_id_is_that_of_the_link_in_the_audit_chain() -> None:
    told = tracked(
        notes(("checkout_created", {"cause": "first"}), ("payment_declined", {}), ("retry_initiated", {})), POLICIES
    )
    assert [(one.event, one.message_id) for one in told] == [
        ("payments.checkout.started", f"{SESSION.id}:3"),
        ("payments.retry.initiated", f"{SESSION.id}:5"),
    ]


def test_a_checkout_opened_again_is_not_started_anew() -> None:
    assert list(tracked(notes(("checkout_created", {"cause": "retry"})), POLICIES)) == []


@pytest.mark.parametrize(("retries", "eligible"), [(1, True), (3, False)])
def test_an_expiry_says_why_and_whether_another_attempt_was_left(retries: int, eligible: bool) -> None:
    session = replace(SESSION, retry_count=retries)
    (one,) = tracked(notes(("payment_expired", {"reason": "window_elapsed"}), session=session), POLICIES)
    assert one.event == "payments.checkout.expired"
    assert (one.properties["reason"], one.properties["retryEligible"]) == ("window_elapsed", eligible)


def test_a_receipt_is_told_with_its_number() -> None:
    note = ("receipt_issued", {"number": "CRAFT-2026-000001", "kind": "receipt", "receipt": "…"})
    (one,) = tracked(notes(note), POLICIES)
    assert one.event == "payments.receipt.generated"
    assert (one.properties["receipt_number"], one.properties["document_kind"]) == ("CRAFT-2026-000001", "receipt")


def test_what_another_currency_is_worth_is_not_made_up() -> None:
    session = replace(SESSION, currency="JPY", amount_minor=90000)
    (one,) = tracked(notes(("retry_initiated", {}), session=session), POLICIES)
    assert (one.properties["amount"], one.properties["amount_usd"]) == ("90000", None)


def test_the_five_events_of_the_specification_are_told() -> None:
    assert {name for name, _ in EVENTS.values()} == {
        "payments.checkout.started",
        "payments.checkout.completed",
        "payments.checkout.expired",
        "payments.retry.initiated",
        "payments.receipt.generated",
    }
