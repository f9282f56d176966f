"""Money that goes back, and what goes back with it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.stripe.caller import Caller

REFUNDS = "/v1/refunds"


@pytest.fixture
def call() -> Caller:
    return Caller()


def test_a_refund_in_parts_ends_when_nothing_is_left(call: Caller) -> None:
    intent = call.paid_intent()
    first = call("POST", REFUNDS, f"payment_intent={intent}&amount=2000&reason=requested_by_customer&metadata[a]=b")
    assert (first["status"], first["amount"], first["metadata"]) == ("succeeded", 2000, {"a": "b"})
    too_much = call.refusal("POST", REFUNDS, f"payment_intent={intent}&amount=3001")
    assert too_much["message"] == "Refund amount ($30.01) is greater than unrefunded amount on charge ($30.00)"
    assert call.refusal("POST", REFUNDS, f"payment_intent={intent}&amount=0")["param"] == "amount"
    charge = call("POST", REFUNDS, f"charge={first['charge']}&payment_intent={intent}&expand[]=charge")["charge"]
    assert (charge["amount_refunded"], charge["refunded"]) == (5000, True)
    again = call.refusal("POST", REFUNDS, f"payment_intent={intent}")
    assert again["code"] == "charge_already_refunded"
    assert again["message"] == f"Charge {charge['id']} has already been refunded."
    assert call.types()[-4:] == ["refund.created", "charge.refunded"] * 2
    listed = call("GET", f"{REFUNDS}?payment_intent={intent}")["data"]
    assert [row["amount"] for row in listed] == [3000, 2000]
    assert call("GET", f"{REFUNDS}/{first['id']}")["id"] == first["id"]
    assert call("POST", f"{REFUNDS}/{first['id']}", "metadata[a]=")["metadata"] == {}


def test_an_unpaid_intent_and_a_foreign_charge_cannot_be_refunded(call: Caller) -> None:
    session = call.checkout()
    call.core.pay(session["id"], "declined")
    intent = call.session(session["id"])["payment_intent"]
    refusal = call.refusal("POST", REFUNDS, f"payment_intent={intent['id']}")
    assert refusal["message"] == f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
    assert call.refusal("POST", REFUNDS, f"charge={intent['latest_charge']['id']}")["code"] == "charge_not_refundable"
    paid = call.paid_intent()
    assert call.refusal("POST", REFUNDS, f"payment_intent={paid}&charge=ch_x")["param"] == "charge"


def test_a_refund_before_the_fees_are_known_makes_them_known_first(call: Caller) -> None:
    session = call.checkout()
    call.core.pay(session["id"])
    intent = call.session(session["id"])["payment_intent"]["id"]
    call("POST", REFUNDS, f"payment_intent={intent}")
    assert call.types()[-3:] == ["charge.updated", "refund.created", "charge.refunded"]
    call.core.advance(10)
    assert call.types().count("charge.updated") == 1


def test_some_refunds_take_a_while_and_some_come_back(call: Caller) -> None:
    slow = call("POST", REFUNDS, f"payment_intent={call.paid_intent('4000000000007726')}")
    back = call("POST", REFUNDS, f"payment_intent={call.paid_intent('4000000000005126')}")
    assert (slow["status"], back["status"]) == ("pending", "succeeded")
    call.core.advance(5)
    assert call("GET", f"{REFUNDS}/{slow['id']}")["status"] == "succeeded"
    failed = call("GET", f"{REFUNDS}/{back['id']}?expand[]=charge")
    assert (failed["status"], failed["failure_reason"]) == ("failed", "unknown")
    assert (failed["charge"]["amount_refunded"], failed["charge"]["refunded"]) == (0, False)
    assert call.types()[-2:] == ["refund.updated", "refund.failed"]
    assert call.types().count("refund.updated") == 2
    totals = call.core.books()["totals"]["usd"]
    assert (totals["captured"], totals["refunded"], totals["kept"]) == (10_000, 5000, 5000)
    assert call.refusal("POST", f"{REFUNDS}/{slow['id']}/cancel")["status"] == 400


def test_a_refund_of_a_debit_is_pending_and_one_that_waits_can_be_called_back(call: Caller) -> None:
    session = call.checkout()
    call.core.pay(session["id"], "bank_debit")
    call.core.settle(session["id"])
    made = call("POST", REFUNDS, f"payment_intent={call.session(session['id'])['payment_intent']['id']}")
    assert made["status"] == "pending"
    call.core.world.store.get("refund", made["id"])["status"] = "requires_action"
    assert call("POST", f"{REFUNDS}/{made['id']}/cancel")["status"] == "canceled"


def connected(call: Caller) -> str:
    account = call("POST", "/v1/accounts", "type=express&country=DE&email=maker@x.example")["id"]
    return (
        f"&payment_intent_data[transfer_data][destination]={account}&payment_intent_data[application_fee_amount]=250"
        f"&payment_intent_data[on_behalf_of]={account}"
    )


def test_a_destination_charge_gets_its_transfer_and_fee_with_the_update(call: Caller) -> None:
    session = call.checkout(connected(call))
    call.core.pay(session["id"])
    charge = call.session(session["id"])["payment_intent"]["latest_charge"]
    assert (charge["application_fee"], charge.get("transfer")) == (None, None)
    call.core.advance(2)
    path = f"/v1/charges/{charge['id']}?expand[]=transfer&expand[]=application_fee&expand[]=balance_transaction"
    charge = call("GET", path)
    assert (charge["transfer"]["amount"], charge["application_fee"]["amount"]) == (5000, 250)
    assert charge["balance_transaction"]["fee"] == 175
    assert call.types()[-3:] == ["transfer.created", "application_fee.created", "charge.updated"]
    assert call("GET", "/v1/application_fees")["data"][0]["charge"] == charge["id"]
    assert call("GET", f"/v1/transfers/{charge['transfer']['id']}")["reversed"] is False


def test_nothing_goes_back_from_the_destination_unless_asked(call: Caller) -> None:
    intent = call.paid_intent(more=connected(call))
    made = call("POST", REFUNDS, f"payment_intent={intent}")
    assert made["transfer_reversal"] is None
    assert call("GET", "/v1/transfers")["data"][0]["amount_reversed"] == 0


def test_reversal_and_fee_refund_need_something_to_give_back(call: Caller) -> None:
    intent = call.paid_intent()
    assert (
        call.refusal("POST", REFUNDS, f"payment_intent={intent}&reverse_transfer=true")["param"] == "reverse_transfer"
    )
    refusal = call.refusal("POST", REFUNDS, f"payment_intent={intent}&refund_application_fee=true")
    assert refusal["param"] == "refund_application_fee"
    assert call("GET", f"{REFUNDS}?payment_intent={intent}")["data"] == []


@settings(max_examples=25, deadline=None)
@given(parts=st.lists(st.integers(1, 4999), min_size=1, max_size=6))
def test_partial_refunds_give_back_shares_that_add_up_to_the_whole(parts: list[int]) -> None:
    call = Caller()
    intent = call.paid_intent(more=connected(call))
    extras = "&reverse_transfer=true&refund_application_fee=true"
    left = 5000
    for part in parts:
        amount = min(part, left)
        if amount:
            call("POST", REFUNDS, f"payment_intent={intent}&amount={amount}{extras}")
            left -= amount
    if left:
        call("POST", REFUNDS, f"payment_intent={intent}{extras}")
    transfer = call("GET", "/v1/transfers")["data"][0]
    fee = call("GET", "/v1/application_fees")["data"][0]
    assert (transfer["amount_reversed"], transfer["reversed"]) == (5000, True)
    assert (fee["amount_refunded"], fee["refunded"]) == (250, True)
    # What Stripe keeps is its own fee, and nothing else is left.
    assert call.core.books()["totals"]["usd"]["net"] == -175
