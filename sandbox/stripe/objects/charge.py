"""Charges: one attempt to take money, with how Radar and the bank judged it."""

from typing import Any

from sandbox.stripe.cards import Method
from sandbox.stripe.objects.payment_method import charge_details
from sandbox.stripe.schema import blank
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World

RISK_SCORES = {"normal": 20, "elevated": 68, "highest": 92}


def charge(world: World, intent: Obj, pm: Obj, method: Method, secure: Obj | None) -> Obj:
    """A new charge for a payment intent, neither paid nor failed yet. Metadata is the intent's, copied."""
    made = blank("charge")
    made.update(
        id=world.new_id("ch" if pm["type"] == "card" else "py"),
        object="charge",
        amount=intent["amount"],
        amount_captured=0,
        amount_refunded=0,
        application_fee_amount=intent["application_fee_amount"],
        billing_details=pm["billing_details"],
        calculated_statement_descriptor="GAVELPAY SANDBOX",
        captured=False,
        created=world.now,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        disputed=False,
        fraud_details={},
        livemode=False,
        metadata=dict(intent["metadata"]),
        on_behalf_of=intent["on_behalf_of"],
        outcome=outcome(method, pm["type"]),
        paid=False,
        payment_intent=intent["id"],
        payment_method=pm["id"],
        payment_method_details=charge_details(method, pm["type"], intent["amount"], secure),
        radar_options={},
        receipt_email=intent["receipt_email"],
        refunded=False,
        shipping=intent["shipping"],
        source_transfer=None,
        statement_descriptor=intent["statement_descriptor"],
        statement_descriptor_suffix=intent["statement_descriptor_suffix"],
        status="pending",
        transfer_group=intent["transfer_group"],
    )
    if target := intent["transfer_data"]:
        made["transfer_data"] = {"amount": target.get("amount"), "destination": target["destination"]}
    return made


def outcome(method: Method, kind: str) -> Obj:
    """Radar's and the network's judgment of a card."""
    made: dict[str, Any] = blank("charge.outcome")
    if kind != "card":
        made.update(
            network_status="approved_by_network",
            risk_level="not_assessed",
            seller_message="Payment complete.",
            type="authorized",
        )
        return made
    made.update(risk_level=method.risk, risk_score=RISK_SCORES[method.risk])
    if method.risk == "highest":
        made.update(
            network_status="not_sent_to_network",
            reason="highest_risk_level",
            seller_message="Stripe blocked this payment as too risky.",
            type="blocked",
        )
    elif method.code:
        made.update(
            network_decline_code="05",
            network_status="declined_by_network",
            reason=method.decline_code or method.code,
            seller_message="The bank did not return any further details with this decline.",
            advice_code="try_again_later",
            type="issuer_declined",
        )
    else:
        review = method.risk == "elevated"
        made.update(
            network_status="approved_by_network",
            reason="elevated_risk_level" if review else None,
            rule="rule_manual_review_if_elevated" if review else None,
            seller_message="Stripe evaluated this payment as having elevated risk, and placed it in your review queue."
            if review
            else "Payment complete.",
            type="manual_review" if review else "authorized",
        )
    return made
