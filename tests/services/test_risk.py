"""Risk on real parts: who is conspicuous at intake, what Stripe thinks of money, and what that holds."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
import pytest

from domain.attempt import AttemptStatus
from domain.ids import SessionId
from domain.lifecycle import Status
from domain.risk import Kind
from domain.transaction import Disposition
from services.require_payment import Accepted
from tests.house import House, request

ELEVATED, HIGHEST, WARNED = "elevated", "highest", "early_fraud_warning"
DECLINED = "4000000000000002"


def kinds(home: House, session_id: UUID) -> list[Kind]:
    return [signal.kind for signal in home.payment(session_id).signals if signal.points]


def alerts(home: House, session_id: UUID) -> list[str]:
    history = home.app.view_payments.history(session_id)
    return [entry.data["kind"] for entry in history if entry.action == "risk_alert"]


def stripe_says(home: House, **order: int) -> list[dict[str, Any]]:
    """What Stripe has said, in the given order of types; types that are not named come last."""
    return sorted(home.new_events(), key=lambda event: order.get(event["type"].replace(".", "_"), 99))


def on_one_device(home: House, buyers: int, device: str = "phone-1") -> list[SessionId]:
    """One session for each of so many buyers, all on one device."""
    return [
        home.require(auction_id=f"{device}-{number}", buyer_id=f"{device}-{number}", risk={"device_id": device})
        for number in range(buyers)
    ]


def held(home: House) -> SessionId:
    """A session that is on hold: the fourth buyer on a device from which cards have been tried out."""
    first = home.opened(auction_id="tried-out", buyer_id="tester", risk={"device_id": "phone-1"})
    for _ in range(6):
        home.pay(first, DECLINED)
    home.hear()
    on_one_device(home, 2)
    return home.require(risk={"device_id": "phone-1"})


def test_many_buyers_on_one_device_raise_an_alert_and_are_still_served(home: House) -> None:
    *first, fourth = on_one_device(home, 4)
    assert [kinds(home, one) for one in first] == [[], [], []]
    assert kinds(home, fourth) == [Kind.MANY_BUYERS_ON_DEVICE]
    assert home.payment(fourth).session.risk_score == 50
    assert alerts(home, fourth) == ["many_buyers_on_device"]
    home.work()
    assert {home.payment(one).newest_attempt.status for one in (*first, fourth)} == {AttemptStatus.OPEN}  # type: ignore[union-attr]


def test_buyers_in_one_batch_count_each_other(home: House) -> None:
    asked = [request(auction_id=f"a-{n}", buyer_id=f"b-{n}", risk={"device_id": "phone-1"}) for n in range(4)]
    answers = [answer for answer in home.app.require_payments(asked) if isinstance(answer, Accepted)]
    assert [kinds(home, answer.session_id) for answer in answers] == [[], [], [], [Kind.MANY_BUYERS_ON_DEVICE]]


def test_last_months_buyers_count_no_more(home: House) -> None:
    on_one_device(home, 3)
    home.time.forward(days=8)
    home.work()
    assert kinds(home, home.require(risk={"device_id": "phone-1"})) == []


@pytest.mark.parametrize(
    "same",
    [
        {"buyer_id": "tester", "buyer_email": None},
        {"buyer_id": "tester-2", "buyer_email": " Tester@Example.com"},
        {"buyer_id": "tester-2", "buyer_email": None, "risk": {"device_id": "phone-1"}},
    ],
)
def test_who_was_declined_often_is_known_by_name_address_or_device(home: House, same: dict[str, Any]) -> None:
    first = home.opened(
        auction_id="first", buyer_id="tester", buyer_email="tester@example.com", risk={"device_id": "phone-1"}
    )
    for _ in range(6):
        home.pay(first, DECLINED)
    home.hear()
    assert kinds(home, first) == [Kind.OFTEN_DECLINED]

    address = same["buyer_email"]
    again = home.require(**same | {"buyer_email": address.strip() if address else None})

    assert kinds(home, again) == [Kind.MANY_DECLINES]
    assert alerts(home, again) == ["many_declines"]
    assert kinds(home, home.require(auction_id="other", buyer_id="other", buyer_email=None)) == []


def test_thirty_lots_in_an_hour_are_a_weak_reason(home: House) -> None:
    asked = [request(auction_id=f"a-{number}") for number in range(31)]
    answers = [answer for answer in home.app.require_payments(asked) if isinstance(answer, Accepted)]
    last = [kinds(home, answer.session_id) for answer in answers[28:]]
    assert last == [[], [Kind.MANY_SESSIONS], [Kind.MANY_SESSIONS]]
    assert alerts(home, answers[-1].session_id) == []


def test_a_country_that_fits_neither_money_nor_language_is_noted(home: House) -> None:
    session_id = home.require(locale="en-GB", risk={"country": "NG", "ip": "203.0.113.9"})
    assert kinds(home, session_id) == [Kind.COUNTRY_NOT_OF_CURRENCY, Kind.COUNTRY_NOT_OF_LOCALE]
    assert home.payment(session_id).session.risk_score == 10


def test_a_session_on_hold_is_not_opened_and_its_window_goes_on(home: House) -> None:
    session_id = held(home)
    session = home.payment(session_id).session
    assert (session.risk_score, session.hold_reason, session.held_at) == (95, "risk_score", home.time())
    assert kinds(home, session_id) == [Kind.MANY_BUYERS_ON_DEVICE, Kind.MANY_DECLINES]

    home.work()
    payment = home.payment(session_id)
    assert [attempt.status for attempt in payment.attempts] == [AttemptStatus.OPENING]
    assert not any(one["metadata"]["payment_session_id"] == str(session_id) for one in home.stripe_has())

    home.forward(hours=25)
    home.work()
    assert home.payment(session_id).session.status is Status.EXPIRED
    assert home.told() == ["auction.payment_pending", "auction.reopened"]
    assert not any(one["metadata"]["payment_session_id"] == str(session_id) for one in home.stripe_has())


def test_whoever_asks_over_http_for_a_session_on_hold_is_answered_at_once(home: House) -> None:
    held(home)
    created = home.app.create_checkout(request(risk={"device_id": "phone-1"}))
    assert (created.attempt, created.is_new) == (None, False)
    assert created.session.held_at is not None


def test_a_blocked_card_holds_what_comes_next_but_not_the_money_of_another_card(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id, HIGHEST)
    home.hear()
    session = home.payment(session_id).session
    assert (session.status, session.reason) == (Status.FAILED, "fraudulent")
    assert (session.risk_score, session.hold_reason) == (85, "risk_score")
    assert sorted(alerts(home, session_id)) == ["radar_blocked", "radar_highest"]

    home.pay(session_id)
    home.hear()
    session = home.payment(session_id).session
    assert (session.status, session.held_at, session.risk_score) == (Status.COMPLETED, None, 85)


def review(home: House, session_id: UUID, reason: str) -> None:
    """Somebody decides the review in Stripe's dashboard."""
    (intent,) = {one.stripe_payment_intent_id for one in home.payment(session_id).transactions}
    (found,) = [one for one in home.stripe_has("review") if one["payment_intent"] == intent]
    with home.sandbox.host.using() as core:
        core.close_review(found["id"], reason)


def under_review(home: House) -> SessionId:
    """A payment that is held for Stripe's review."""
    session_id = home.opened()
    home.pay(session_id, ELEVATED)
    home.hear(*home.new_events())
    payment = home.payment(session_id)
    assert (payment.session.status, payment.session.reason) == (Status.PROCESSING, "stripe_review")
    return session_id


def test_money_under_review_is_held_and_its_window_waits(home: House) -> None:
    session_id = under_review(home)
    payment = home.payment(session_id)
    assert [one.disposition for one in payment.transactions] == [Disposition.HELD]
    assert (payment.session.hold_reason, payment.session.risk_score) == ("stripe_review", 55)
    assert "auction.sold" not in home.told()

    home.forward(hours=30)
    home.work()
    assert home.payment(session_id).session.status is Status.PROCESSING


def test_a_review_that_is_approved_completes_the_payment_however_late(home: House) -> None:
    session_id = under_review(home)
    home.forward(hours=30)
    review(home, session_id, "approved")
    home.hear()
    payment = home.payment(session_id)
    assert (payment.session.status, payment.session.held_at) == (Status.COMPLETED, None)
    assert [one.disposition for one in payment.transactions] == [Disposition.KEPT]
    assert payment.transactions[0].platform_fee_minor == 1378
    assert home.told() == ["auction.payment_pending", "auction.sold", "order.requested"]
    assert home.app.database.rows(
        "SELECT sum(CASE WHEN credit = 'buyer_refundable' THEN amount_minor ELSE -amount_minor END)"
        " FROM ledger_entries WHERE 'buyer_refundable' IN (debit, credit)"
    ) == [(0,)]


def test_a_review_whose_money_goes_back_fails_the_payment(home: House) -> None:
    session_id = under_review(home)
    (intent,) = [one.stripe_payment_intent_id for one in home.payment(session_id).transactions]
    home.app.stripe._call(
        "refund.create",
        "post",
        "/v1/refunds",
        {"payment_intent": intent, "reason": "fraudulent"},
        dict,
        idempotency_key="made in the dashboard",
    )
    home.hear()
    payment = home.payment(session_id)
    assert (payment.session.status, payment.session.reason) == (Status.FAILED, "held_money_returned")
    assert payment.session.held_at is not None
    assert [one.refunded_minor for one in payment.transactions] == [27550]

    home.forward(hours=25)
    home.work()
    assert home.payment(session_id).session.status is Status.EXPIRED
    assert home.told() == ["auction.payment_pending", "auction.payment_failed", "auction.reopened"]


def test_a_review_that_is_heard_of_before_its_payment_is_known_finds_it(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id, ELEVATED)
    events = stripe_says(home, review_opened=0, charge_succeeded=1, checkout_session_completed=2)
    for event in events:
        home.app.receive_events([home.app.read_event(orjson.dumps(event))])
    home.process()
    assert home.payment(session_id).session.reason == "stripe_review"


def test_a_review_that_is_opened_after_the_sale_alerts_and_changes_nothing(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id, ELEVATED)
    hear_one_by_one(home, stripe_says(home, checkout_session_completed=0))
    session = home.payment(session_id).session
    assert (session.status, session.held_at, session.risk_score) == (Status.COMPLETED, None, 55)
    assert sorted(alerts(home, session_id)) == ["radar_elevated", "review_opened"]
    assert "auction.sold" in home.told()


def hear_one_by_one(home: House, events: Sequence[dict[str, Any]]) -> None:
    for event in events:
        home.hear(event)
    home.time.forward(minutes=20)
    home.process()


def test_an_issuers_warning_alerts_once_and_the_sale_stands(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id, WARNED)
    home.hear()
    home.forward(seconds=60)
    home.hear()
    (charge_id,) = [one.stripe_charge_id for one in home.payment(session_id).transactions]
    assert alerts(home, session_id) == ["fraud_warning"]
    assert kinds(home, session_id) == [Kind.FRAUD_WARNING]
    with home.app.store.begin() as uow:
        (stored,) = uow.inbox.find("r.type = 'radar.early_fraud_warning.created'")
        assert uow.inbox.replay(stored.id, home.time())
    home.process()

    session = home.payment(session_id).session
    assert charge_id is not None
    assert alerts(home, session_id) == ["fraud_warning"]
    assert (session.status, session.held_at, session.risk_score) == (Status.COMPLETED, None, 80)


def test_an_ordinary_payment_leaves_no_signal(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    home.hear()
    assert home.payment(session_id).signals == []
    assert home.payment(session_id).session.risk_score == 0


def test_a_signal_is_never_changed(home: House) -> None:
    home.require(risk={"country": "NG"})
    with (
        pytest.raises(Exception, match="risk_signals are never changed"),
        home.app.database.transaction() as connection,
    ):
        connection.execute("UPDATE risk_signals SET points = 0")


def test_where_and_on_what_a_buyer_was_is_encrypted_at_rest(home: House) -> None:
    home.require(risk={"device_id": "phone-1", "ip": "203.0.113.9"})
    with home.app.database.transaction() as connection:
        row = connection.execute("SELECT s::text FROM payment_sessions s").fetchone()
    assert row is not None
    assert "phone-1" not in row[0]
    assert b"phone-1".hex() not in row[0]
    assert "203.0.113" not in row[0]
