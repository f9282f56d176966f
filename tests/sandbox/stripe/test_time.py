"""What happens by itself when its time comes, and what buyers do in the meantime."""

import pytest

from sandbox.stripe.errors import StripeError
from sandbox.stripe.settings import Settings
from tests.sandbox.stripe.caller import NOW, Caller


@pytest.fixture
def call() -> Caller:
    return Caller()


def test_a_checkout_expires_at_its_own_moment_even_when_nobody_looks(call: Caller) -> None:
    session = call.checkout(f"&expires_at={NOW + 1800}&after_expiration[recovery][enabled]=true")
    due = call.core.next_due()
    assert due is not None
    assert int(due.timestamp()) == NOW + 1800
    call.core.advance(1799)
    assert call.session(session["id"])["status"] == "open"
    call.core.advance(5000)
    expired = call.session(session["id"])
    assert (expired["status"], expired["url"], expired["payment_intent"]) == ("expired", None, None)
    assert expired["after_expiration"]["recovery"]["url"]
    (event,) = call("GET", "/v1/events")["data"]
    assert (event["type"], event["created"]) == ("checkout.session.expired", NOW + 1800)
    assert call.core.next_due() is None


def test_a_paid_checkout_does_not_expire(call: Caller) -> None:
    call.paid_intent()
    call.core.advance(90_000)
    assert "checkout.session.expired" not in call.types()


def test_a_buyer_in_the_three_d_secure_step_loses_it_when_the_checkout_expires(call: Caller) -> None:
    session = call.checkout()
    assert call.core.pay(session["id"], "3ds") == "requires_action"
    call.core.advance(90_000)
    intent = call.session(session["id"])["payment_intent"]
    assert (intent["status"], intent["cancellation_reason"]) == ("canceled", "expired")
    with pytest.raises(StripeError, match="waits for no authentication"):
        call.core.authenticate(session["id"])


@pytest.mark.parametrize("act", ["pay", "authenticate", "settle"])
def test_a_closed_checkout_takes_no_money(call: Caller, act: str) -> None:
    session = call.checkout()
    call("POST", f"/v1/checkout/sessions/{session['id']}/expire")
    with pytest.raises(StripeError):
        getattr(call.core, act)(session["id"])
    with pytest.raises(StripeError, match="No such"):
        getattr(call.core, act)("cs_unknown")
    assert call.core.books()["charges"] == []


def test_an_unknown_card_is_no_card(call: Caller) -> None:
    with pytest.raises(StripeError, match="card number is invalid"):
        call.core.pay(call.checkout()["id"], "1234")


def test_a_failed_three_d_secure_step_leaves_the_checkout_open(call: Caller) -> None:
    session = call.checkout()
    call.core.pay(session["id"], "3ds")
    assert call.core.authenticate(session["id"], passed=False) == "declined"
    assert call.session(session["id"])["status"] == "open"
    assert call.core.pay(session["id"]) == "paid"


@pytest.mark.parametrize(
    ("card", "delay", "status", "last"),
    [
        ("bank_debit", None, "unpaid", "charge.pending"),
        ("bank_debit", 5.0, "paid", "checkout.session.async_payment_succeeded"),
        ("bank_debit_fails", 5.0, "unpaid", "checkout.session.async_payment_failed"),
    ],
)
def test_a_bank_debit_completes_the_checkout_first_and_pays_later(
    card: str, delay: float | None, status: str, last: str
) -> None:
    call = Caller(Settings(settlement_delay=delay, capture_delay=100))
    session = call.checkout()
    assert call.core.pay(session["id"], card) == "processing"
    completed = call.session(session["id"])
    assert (completed["status"], completed["payment_status"]) == ("complete", "unpaid")
    assert call.types() == ["payment_intent.created", "payment_intent.processing", "charge.pending",
                            "checkout.session.completed"]  # fmt: skip
    call.core.advance(10)
    assert call.session(session["id"])["payment_status"] == status
    if delay:
        assert call.types()[-1] == last


def test_a_debit_is_not_offered_where_it_was_excluded(call: Caller) -> None:
    session = call.checkout("&excluded_payment_method_types[]=us_bank_account")
    assert session["payment_method_types"] == ["card"]
    with pytest.raises(StripeError, match="not available"):
        call.core.pay(session["id"], "bank_debit")


def test_a_dispute_takes_the_money_and_a_won_one_brings_it_back(call: Caller) -> None:
    intent = call.paid_intent("dispute")
    call.core.advance(5)
    (dispute,) = call("GET", f"/v1/disputes?payment_intent={intent}&expand[]=data.charge")["data"]
    assert (dispute["status"], dispute["amount"], dispute["charge"]["disputed"]) == ("needs_response", 5000, True)
    assert dispute["balance_transactions"][0]["net"] == -6500
    assert call.refusal("POST", "/v1/refunds", f"payment_intent={intent}")["code"] == "charge_disputed"
    path = f"/v1/disputes/{dispute['id']}"
    form = "evidence[product_description]=A+lamp&metadata[a]=b"
    assert call("POST", path, f"{form}&submit=false")["status"] == "needs_response"
    assert call("POST", path, form)["status"] == "under_review"
    assert call.refusal("POST", path, form)["status"] == 400
    call.core.close_dispute(dispute["id"], won=True)
    assert call("GET", path)["status"] == "won"
    assert call.types()[-2:] == ["charge.dispute.funds_reinstated", "charge.dispute.closed"]
    assert call.refusal("POST", f"{path}/close")["status"] == 400


def test_a_dispute_can_be_accepted(call: Caller) -> None:
    intent = call.paid_intent()
    charge = call("GET", f"/v1/charges?payment_intent={intent}")["data"][0]["id"]
    dispute = call.core.dispute(charge, "product_not_received", 1000)
    assert call("POST", f"/v1/disputes/{dispute['id']}/close")["status"] == "lost"
    assert [row["amount"] for row in call.core.books()["disputes"]] == [1000]


def test_a_warning_is_moot_after_the_refund(call: Caller) -> None:
    intent = call.paid_intent("early_fraud_warning")
    (warning,) = call("GET", f"/v1/radar/early_fraud_warnings?payment_intent={intent}")["data"]
    assert warning["actionable"] is True
    call("POST", "/v1/refunds", f"payment_intent={intent}&reason=fraudulent")
    assert call("GET", f"/v1/radar/early_fraud_warnings/{warning['id']}")["actionable"] is False
    assert call.core.warn(warning["charge"])["actionable"] is False


def test_elevated_risk_goes_to_review_and_comes_out_approved_or_refunded(call: Caller) -> None:
    first, second = call.paid_intent("elevated"), call.paid_intent("elevated")
    reviews = call("GET", "/v1/reviews?expand[]=data.charge")["data"]
    assert [row["charge"]["outcome"]["type"] for row in reviews] == ["manual_review"] * 2
    approved = call("POST", f"/v1/reviews/{reviews[1]['id']}/approve")
    assert (approved["open"], approved["closed_reason"], approved["payment_intent"]) == (False, "approved", first)
    assert call.refusal("POST", f"/v1/reviews/{reviews[1]['id']}/approve")["status"] == 400
    call("POST", "/v1/refunds", f"payment_intent={second}")
    assert call("GET", f"/v1/reviews/{reviews[0]['id']}")["closed_reason"] == "refunded"
    assert call("GET", "/v1/reviews")["data"] == []


def test_a_charge_can_be_reported_as_fraud_and_described(call: Caller) -> None:
    intent = call.paid_intent()
    (charge,) = call("GET", f"/v1/charges?payment_intent={intent}")["data"]
    form = "fraud_details[user_report]=fraudulent&description=Lamp&metadata[a]=b"
    changed = call("POST", f"/v1/charges/{charge['id']}", form)
    assert changed["fraud_details"] == {"user_report": "fraudulent"}
    (event,) = call("GET", "/v1/events?limit=1")["data"]
    assert event["data"]["previous_attributes"] == {"fraud_details": {}, "description": None, "metadata": {}}
    call("POST", f"/v1/charges/{charge['id']}", form)
    assert call("GET", "/v1/events?limit=1")["data"] == [event]
    assert call.refusal("POST", f"/v1/charges/{charge['id']}", "customer=cus_1")["param"] == "customer"


def test_the_highest_risk_is_blocked(call: Caller) -> None:
    session = call.checkout()
    assert call.core.pay(session["id"], "highest") == "declined"
    outcome = call.session(session["id"])["payment_intent"]["latest_charge"]["outcome"]
    assert (outcome["type"], outcome["risk_level"], outcome["network_status"]) == (
        "blocked",
        "highest",
        "not_sent_to_network",
    )


def test_money_by_the_bypass_card_is_available_at_once(call: Caller) -> None:
    call.paid_intent("4000000000000077")
    assert call("GET", "/v1/balance")["available"][0]["amount"] == 4825


def test_time_does_not_go_back(call: Caller) -> None:
    with pytest.raises(ValueError, match="does not go back"):
        call.core.advance(-1)
