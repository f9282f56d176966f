"""Every type of event that moves a payment, as the sandbox really sends it, read into the fact that it tells."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any

import orjson
import pytest

from domain.dispute import DisputeStatus
from domain.errors import UnknownProviderStatus
from domain.facts import (
    ChargeJudged,
    ChargeReported,
    Closed,
    Declined,
    DisputeReported,
    Fact,
    FraudWarned,
    Irrelevant,
    Judgment,
    Paid,
    Processing,
    RefundReported,
    ReviewClosed,
    ReviewOpened,
)
from domain.money import Money
from domain.policies import AttemptKind
from domain.session import PaymentSession
from domain.transaction import RefundStatus
from gateways.stripe.adapter import Stripe
from gateways.stripe.events import HANDLED, checkout_fact, intent_fact, moment, read_event, refund_fact
from sandbox.stripe.server import RunningSandbox, running_sandbox
from sandbox.stripe.settings import Settings
from tests.gateways.stripe.builders import attempt, now, refund_of, request_of, send_back, session, talking_to

CHECKOUT, INTENT = AttemptKind.CHECKOUT, AttemptKind.PAYMENT_INTENT
Event = dict[str, Any]

DEBIT, DEBIT_FAILS = "bank_debit", "bank_debit_fails"
DECLINED, SCA = "4000000000009995", "3ds"


class Scene:
    """One payment at the sandbox, and what Stripe says of it."""

    def __init__(self, stripe: Stripe, sandbox: RunningSandbox, kind: AttemptKind, **changes: Any) -> None:
        self.paying: PaymentSession = session(**changes)
        asked = attempt(self.paying, kind, number=3)
        request = {key: value for key, value in request_of(self.paying, asked).items() if not key.startswith("allowed")}
        opened = stripe.open(kind, request, idempotency_key=asked.idempotency_key)
        self.stripe, self.sandbox, self.opened = stripe, sandbox, opened
        self.target = opened.checkout_id or opened.payment_intent_id or ""

    def events(self) -> list[Event]:
        """All events, oldest first, as they come over the wire."""
        self.sandbox.advance()
        return [orjson.loads(orjson.dumps(one)) for one in self.sandbox.core.world.store.table("event").oldest()]

    def event(self, kind: str) -> Event:
        """The newest event of a type."""
        return next(one for one in reversed(self.events()) if one["type"] == kind)

    def fact(self, kind: str) -> Fact:
        return read_event(self.event(kind))

    def intent_id(self) -> str:
        return next(one["data"]["object"]["id"] for one in self.events() if one["type"] == "payment_intent.created")


Opening = Callable[..., Scene]


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    settings = Settings(capture_delay=0.0, settlement_delay=None, refund_delay=0.0)
    with running_sandbox(settings=settings, seed=5) as sandbox:
        yield sandbox


@pytest.fixture
def scene(running: RunningSandbox) -> Iterator[Opening]:
    with talking_to(running.url) as stripe:
        yield lambda kind=CHECKOUT, **changes: Scene(stripe, running, kind, **changes)
    with running.host.using() as core:
        core.reset()
        core.world.shift = 0.0


def belongs(fact: Fact, scene: Scene) -> None:
    """The fact names our session and attempt, and a time of today."""
    assert fact.where.session_id == scene.paying.id
    assert fact.where.attempt_no == 3
    assert abs(fact.at - now()) < timedelta(minutes=5)


def test_a_paid_checkout(scene: Opening) -> None:
    one = scene()
    one.sandbox.pay(one.target)
    fact = one.fact("checkout.session.completed")
    assert isinstance(fact, Paid)
    belongs(fact, one)
    assert fact.amount == Money("USD", 27550)
    assert fact.where.checkout_id == one.target
    assert fact.where.payment_intent_id == one.intent_id()
    assert fact.confirmed_by is None


def test_a_checkout_completed_by_a_debit_that_arrives_later(scene: Opening) -> None:
    one = scene()
    one.sandbox.pay(one.target, DEBIT)
    waiting = one.fact("checkout.session.completed")
    assert isinstance(waiting, Processing)
    belongs(waiting, one)
    one.sandbox.settle(one.target)
    fact = one.fact("checkout.session.async_payment_succeeded")
    assert isinstance(fact, Paid)
    belongs(fact, one)
    assert fact.confirmed_by == one.opened.expires_at
    assert fact.amount == Money("USD", 27550)


def test_a_checkout_completed_by_a_debit_that_fails_later(scene: Opening) -> None:
    one = scene()
    one.sandbox.pay(one.target, DEBIT)
    one.sandbox.settle(one.target, passed=False)
    fact = one.fact("checkout.session.async_payment_failed")
    assert isinstance(fact, Declined)
    belongs(fact, one)
    assert fact.closes


def test_an_expired_checkout(scene: Opening) -> None:
    one = scene()
    one.stripe._call(
        "checkout.expire", "post", f"/v1/checkout/sessions/{one.target}/expire", {}, dict, idempotency_key="x1"
    )
    fact = one.fact("checkout.session.expired")
    assert isinstance(fact, Closed)
    belongs(fact, one)
    assert fact.where.checkout_id == one.target


@pytest.mark.parametrize("kind", [CHECKOUT, INTENT])
def test_a_payment_intent_that_succeeded(scene: Opening, kind: AttemptKind) -> None:
    one = scene(kind)
    one.sandbox.pay(one.target)
    fact = one.fact("payment_intent.succeeded")
    assert isinstance(fact, Paid)
    belongs(fact, one)
    assert fact.amount == Money("USD", 27550)
    assert fact.where.payment_intent_id == one.intent_id()
    assert fact.where.charge_id is not None


@pytest.mark.parametrize("kind", [CHECKOUT, INTENT])
def test_a_declined_card_leaves_the_page_open(scene: Opening, kind: AttemptKind) -> None:
    one = scene(kind)
    one.sandbox.pay(one.target, DECLINED)
    fact = one.fact("payment_intent.payment_failed")
    assert isinstance(fact, Declined)
    belongs(fact, one)
    assert fact.code == "insufficient_funds"
    assert not fact.closes


def test_a_decline_without_a_reason_is_a_general_one(scene: Opening) -> None:
    one = scene(INTENT)
    one.sandbox.pay(one.target, DECLINED)
    event = one.event("payment_intent.payment_failed")
    del event["data"]["object"]["last_payment_error"]["decline_code"]
    assert read_event(event).code == "card_declined"  # type: ignore[attr-defined]
    event["data"]["object"]["last_payment_error"] = None
    assert read_event(event).code == "generic_decline"  # type: ignore[attr-defined]


def test_a_payment_intent_with_money_on_its_way(scene: Opening) -> None:
    one = scene(INTENT)
    one.sandbox.pay(one.target, DEBIT)
    fact = one.fact("payment_intent.processing")
    assert isinstance(fact, Processing)
    belongs(fact, one)


def test_a_canceled_payment_intent(scene: Opening) -> None:
    one = scene(INTENT)
    one.stripe._call(
        "payment_intent.cancel", "post", f"/v1/payment_intents/{one.target}/cancel", {}, dict, idempotency_key="x2"
    )
    fact = one.fact("payment_intent.canceled")
    assert isinstance(fact, Closed)
    belongs(fact, one)


def test_a_charge_and_its_booking(scene: Opening) -> None:
    one = scene()
    one.sandbox.pay(one.target)
    charged, booked = one.fact("charge.succeeded"), one.fact("charge.updated")
    assert isinstance(charged, ChargeReported)
    assert isinstance(booked, ChargeReported)
    assert charged.balance_transaction_id is None, "asynchronous capture"
    assert booked.balance_transaction_id is not None
    for fact in (charged, booked):
        belongs(fact, one)
        assert (fact.method_type, fact.method_brand, fact.method_last4) == ("card", "visa", "4242")
        assert fact.where.payment_intent_id == one.intent_id()
        assert fact.where.charge_id is not None


def test_a_charge_that_is_no_card_has_no_brand(scene: Opening) -> None:
    one = scene(INTENT)
    one.sandbox.pay(one.target, DEBIT)
    one.sandbox.settle(one.target)
    fact = one.fact("charge.succeeded")
    assert isinstance(fact, ChargeReported)
    assert fact.method_type in {"us_bank_account", "sepa_debit"}
    assert fact.method_brand is None


def test_news_of_a_charge_that_brought_nothing_are_irrelevant(scene: Opening) -> None:
    one = scene()
    one.sandbox.pay(one.target)
    event = one.event("charge.updated")
    event["data"]["object"]["status"] = "pending"
    assert isinstance(read_event(event), Irrelevant)


@pytest.mark.parametrize(
    ("card", "kinds"),
    [
        ("4242424242424242", {"refund.created": RefundStatus.SUCCEEDED}),
        ("4000000000007726", {"refund.created": RefundStatus.PENDING, "refund.updated": RefundStatus.SUCCEEDED}),
        ("4000000000005126", {"refund.created": RefundStatus.SUCCEEDED, "refund.failed": RefundStatus.FAILED}),
    ],
)
def test_a_refund_from_its_beginning_to_its_end(scene: Opening, card: str, kinds: dict[str, RefundStatus]) -> None:
    one = scene()
    one.sandbox.pay(one.target, card)
    refund = refund_of(one.paying, 10_000)
    reported = send_back(one.stripe, one.paying, refund, one.intent_id())
    for kind, status in kinds.items():
        fact = one.fact(kind)
        assert isinstance(fact, RefundReported)
        assert fact.status is status
        assert fact.where.session_id == one.paying.id
        assert fact.refund_id == str(refund.id)
        assert fact.stripe_refund_id == reported.stripe_refund_id
        assert fact.amount == Money("USD", 10_000)
        assert (fact.failure_reason is not None) is (status is RefundStatus.FAILED)


def test_a_refund_made_in_the_dashboard_is_read_too(scene: Opening) -> None:
    one = scene()
    one.sandbox.pay(one.target)
    params = {"payment_intent": one.intent_id()}
    one.stripe._call("refund.create", "post", "/v1/refunds", params, dict, idempotency_key="x3")
    fact = one.fact("refund.created")
    assert isinstance(fact, RefundReported)
    assert fact.refund_id is None
    assert fact.where.session_id is None
    assert fact.where.payment_intent_id == one.intent_id()


def open_dispute(one: Scene, **changes: Any) -> str:
    """Have the buyer dispute the payment; the dispute's id."""
    charge = one.event("charge.succeeded")["data"]["object"]["id"]
    with one.sandbox.host.using() as core:
        return str(core.dispute(charge, **changes)["id"])


def close_dispute(one: Scene, *, won: bool, returned: int = 0) -> None:
    with one.sandbox.host.using() as core:
        core.close_dispute(open_dispute(one), won=won, returned=returned)


def test_a_dispute_from_its_beginning_to_its_end(scene: Opening) -> None:
    one = scene()
    one.sandbox.pay(one.target)
    close_dispute(one, won=True)
    opened, closed = one.fact("charge.dispute.created"), one.fact("charge.dispute.closed")
    assert isinstance(opened, DisputeReported)
    assert isinstance(closed, DisputeReported)
    assert (opened.status, opened.moved) == (DisputeStatus.NEEDS_RESPONSE, (Money("USD", -27550),))
    assert (closed.status, closed.moved) == (DisputeStatus.WON, (Money("USD", -27550), Money("USD", 27550)))
    assert opened.amount == Money("USD", 27550)
    assert opened.fee == closed.fee == Money("USD", 1500)
    assert opened.evidence_due_at == opened.opened_at + timedelta(days=7)
    assert (opened.reason, opened.where.session_id) == ("fraudulent", None)
    assert opened.where.payment_intent_id == one.intent_id()
    assert opened.where.charge_id is not None


def test_a_dispute_won_in_part_is_lost_and_says_how_much_came_back(scene: Opening) -> None:
    one = scene()
    one.sandbox.pay(one.target)
    close_dispute(one, won=False, returned=5000)
    closed = one.fact("charge.dispute.closed")
    assert isinstance(closed, DisputeReported)
    assert (closed.status, closed.moved) == (DisputeStatus.LOST, (Money("USD", -27550), Money("USD", 5000)))


@pytest.mark.parametrize("status", list(DisputeStatus))
def test_every_status_of_a_dispute_is_known(scene: Opening, status: DisputeStatus) -> None:
    one = scene()
    one.sandbox.pay(one.target)
    open_dispute(one)
    event = one.event("charge.dispute.created")
    event["data"]["object"].update(status=status.value, balance_transactions=[], evidence_details=None)
    fact = read_event(event | {"type": "charge.dispute.updated"})
    assert isinstance(fact, DisputeReported)
    assert (fact.status, fact.moved, fact.fee, fact.evidence_due_at) == (status, (), None, None)


def test_a_zero_decimal_currency_is_counted_as_stripe_counts_it(scene: Opening) -> None:
    one = scene(currency="JPY", amount_minor=4200)
    one.sandbox.pay(one.target)
    fact = one.fact("checkout.session.completed")
    assert isinstance(fact, Paid)
    assert fact.amount == Money("JPY", 4200)


def test_every_type_that_is_handled_has_been_seen_here_and_all_others_are_irrelevant(scene: Opening) -> None:
    paid, debit, failing, expired = scene(), scene(), scene(), scene()
    for one, card in ((paid, DECLINED), (paid, SCA)):
        one.sandbox.pay(one.target, card)
    paid.sandbox.authenticate(paid.target)
    for one in (debit, failing):
        one.sandbox.pay(one.target, DEBIT)
    debit.sandbox.settle(debit.target)
    failing.sandbox.settle(failing.target, passed=False)
    canceled = scene(INTENT)
    canceled.stripe._call(
        "payment_intent.cancel", "post", f"/v1/payment_intents/{canceled.target}/cancel", {}, dict, idempotency_key="x4"
    )
    for card in ("4000000000007726", "4000000000005126", "dispute", "elevated", "early_fraud_warning"):
        one = scene(INTENT)
        one.sandbox.pay(one.target, card)
        if card == "elevated":
            review = one.event("review.opened")["data"]["object"]["id"]
            with one.sandbox.host.using() as core:
                core.close_review(review)
        if card == "early_fraud_warning":
            one.sandbox.advance(60)
            whole = {"payment_intent": one.target}
            one.stripe._call("refund.create", "post", "/v1/refunds", whole, dict, idempotency_key="x5")
        if card.isdecimal():
            refund = refund_of(one.paying, 100)
            send_back(one.stripe, one.paying, refund, one.target)
    close_dispute(paid, won=True)
    expired.sandbox.advance(25 * 3600)

    events = expired.events()

    # Nobody sends evidence here.
    assert {event["type"] for event in events} >= HANDLED - {"charge.dispute.updated"}
    others = [event for event in events if event["type"] not in HANDLED]
    assert {"payment_intent.created", "charge.refunded"} <= {event["type"] for event in others}
    assert all(isinstance(read_event(event), Irrelevant) for event in others)
    handled = [event for event in events if event["type"] in HANDLED]
    assert not any(isinstance(read_event(event), Irrelevant) for event in handled)


def test_what_radar_thinks_of_a_charge_is_read_whether_it_brought_money_or_not(scene: Opening) -> None:
    one = scene()
    one.sandbox.pay(one.target, "highest")
    failed = one.fact("charge.failed")
    assert isinstance(failed, ChargeJudged)
    belongs(failed, one)
    assert failed.judgment == Judgment("highest", 92, "blocked")

    one.sandbox.pay(one.target, "elevated")
    charged, paid, opened = (
        one.fact("charge.succeeded"),
        one.fact("payment_intent.succeeded"),
        one.fact("review.opened"),
    )
    assert isinstance(charged, ChargeReported)
    assert isinstance(paid, Paid)
    assert isinstance(opened, ReviewOpened)
    assert charged.judgment == Judgment("elevated", 68, "manual_review")
    assert charged.review_id == paid.review_id == opened.review_id
    assert opened.where.payment_intent_id == one.intent_id()
    assert (charged.method_exp_month, charged.method_exp_year) == (12, 2034)
    assert (charged.stripe_payment_method_id or "").startswith("pm_")


def test_a_reviews_end_and_an_issuers_warning(scene: Opening) -> None:
    one = scene()
    one.sandbox.pay(one.target, "elevated")
    opened = one.fact("review.opened")
    assert isinstance(opened, ReviewOpened)
    with one.sandbox.host.using() as core:
        core.close_review(opened.review_id, "refunded_as_fraud")
        core.warn(opened.where.charge_id or "")
    closed, warning = one.fact("review.closed"), one.fact("radar.early_fraud_warning.created")
    assert isinstance(closed, ReviewClosed)
    assert (closed.review_id, closed.reason) == (opened.review_id, "refunded_as_fraud")
    assert isinstance(warning, FraudWarned)
    assert (warning.fraud_type, warning.actionable) == ("made_with_stolen_card", True)
    assert warning.where.payment_intent_id == one.intent_id()


def test_a_review_that_ends_in_an_unknown_way_is_never_guessed(scene: Opening) -> None:
    one = scene()
    one.sandbox.pay(one.target, "elevated")
    event = one.event("review.opened") | {"type": "review.closed"}
    event["data"]["object"]["closed_reason"] = "forgotten"
    with pytest.raises(UnknownProviderStatus, match="forgotten"):
        read_event(event)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("checkout.session.completed", {"status": "paused"}),
        ("checkout.session.completed", {"status": "open"}),
        ("checkout.session.completed", {"payment_status": "half"}),
        ("checkout.session.completed", {"payment_status": "no_payment_required"}),
        ("refund.created", {"status": "lost"}),
        ("charge.dispute.created", {"status": "drawn"}),
    ],
)
def test_a_status_that_nobody_knows_is_never_guessed(scene: Opening, kind: str, changes: dict[str, str]) -> None:
    one = scene()
    one.sandbox.pay(one.target)
    refund = refund_of(one.paying, 100)
    send_back(one.stripe, one.paying, refund, one.intent_id())
    open_dispute(one)
    event = one.event(kind)
    event["data"]["object"].update(changes)
    with pytest.raises(UnknownProviderStatus, match=event["data"]["object"]["id"]):
        read_event(event)


def test_an_intents_every_status_is_known_or_refused(scene: Opening) -> None:
    one = scene(INTENT)
    one.sandbox.pay(one.target)
    document = one.event("payment_intent.succeeded")["data"]["object"]
    read = {
        status: intent_fact(document | {"status": status}, now())
        for status in (
            "requires_payment_method", "requires_confirmation", "requires_action", "processing", "requires_capture",
            "canceled", "succeeded",
        )
    }  # fmt: skip
    assert [type(fact) for fact in read.values()] == [type(None)] * 3 + [Processing, Processing, Closed, Paid]
    with pytest.raises(UnknownProviderStatus):
        intent_fact(document | {"status": "requires_patience"}, now())


def test_an_open_checkout_tells_nothing_and_an_expired_one_its_end(scene: Opening) -> None:
    one = scene()
    one.sandbox.pay(one.target)
    document = one.event("checkout.session.completed")["data"]["object"]
    assert checkout_fact(document | {"status": "open"}, now()) is None
    assert isinstance(checkout_fact(document | {"status": "expired"}, now()), Closed)


def test_a_refund_under_way_is_pending(scene: Opening) -> None:
    one = scene()
    one.sandbox.pay(one.target)
    refund = refund_of(one.paying, 100)
    send_back(one.stripe, one.paying, refund, one.intent_id())
    document = one.event("refund.created")["data"]["object"]
    for status, read in (("requires_action", RefundStatus.PENDING), ("canceled", RefundStatus.CANCELED)):
        assert refund_fact(document | {"status": status}, now()).status is read


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {},
        {"payment_session_id": "not ours"},
        {"payment_session_id": ""},
        {"payment_session_id": None},
        {"attempt": "first"},
        {"attempt": "-1"},
        {"attempt": "²"},
    ],
)
def test_metadata_of_others_names_no_payment_of_ours(scene: Opening, metadata: dict[str, Any] | None) -> None:
    one = scene(INTENT)
    one.sandbox.pay(one.target)
    event = deepcopy(one.event("payment_intent.succeeded"))
    event["data"]["object"]["metadata"] = metadata
    fact = read_event(event)
    assert fact.where.session_id is None
    assert fact.where.attempt_no is None
    assert fact.where.payment_intent_id == one.target


@pytest.mark.parametrize("seconds", [2**63 - 1, -(2**63), 2**64, 1e308, 253_402_300_800])
def test_a_time_that_no_calendar_has_is_no_time(seconds: int) -> None:
    """Found by the fuzzer: for some of them the platform's own error came."""
    with pytest.raises(ValueError, match=r"calendar|range"):
        moment(seconds)
