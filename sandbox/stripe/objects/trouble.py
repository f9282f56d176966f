"""Disputes, reviews and early fraud warnings."""

from sandbox.stripe.schema import blank
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World

#: A buyer's bank waits a week for evidence here.
EVIDENCE_TIME = 7 * 86_400


def new_review(world: World, charge: Obj) -> Obj:
    """An open review, because of a rule."""
    made = blank("review")
    made.update(
        id=world.new_id("prv"),
        object="review",
        billing_zip="42424",
        charge=charge["id"],
        created=world.now,
        ip_address="203.0.113.7",
        ip_address_location={
            "city": "Springfield",
            "country": "US",
            "latitude": None,
            "longitude": None,
            "region": None,
        },
        livemode=False,
        open=True,
        opened_reason="rule",
        payment_intent=charge["payment_intent"],
        reason="rule",
        session={"browser": "Chrome", "device": "Other", "platform": "Linux", "version": "140.0"},
    )
    return world.store.save(made)


def early_fraud_warning(world: World, charge: Obj, fraud_type: str) -> Obj:
    """A warning of the issuer's, actionable while the charge is not refunded or disputed."""
    made = blank("radar.early_fraud_warning")
    made.update(
        id=world.new_id("issfr"),
        object="radar.early_fraud_warning",
        actionable=not (charge["refunded"] or charge["disputed"]),
        charge=charge["id"],
        created=world.now,
        fraud_type=fraud_type,
        livemode=False,
        payment_intent=charge["payment_intent"],
    )
    return world.store.save(made)


def dispute(world: World, charge: Obj, reason: str, amount: int) -> Obj:
    """A dispute that needs a response."""
    made = blank("dispute")
    evidence = blank("dispute.evidence")
    evidence["enhanced_evidence"] = {}
    made.update(
        id=world.new_id("du"),
        object="dispute",
        amount=amount,
        balance_transactions=[],
        charge=charge["id"],
        created=world.now,
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence=evidence,
        evidence_details={
            "due_by": world.now + EVIDENCE_TIME,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        is_charge_refundable=False,
        livemode=False,
        metadata={},
        payment_intent=charge["payment_intent"],
        reason=reason,
        status="needs_response",
    )
    if charge["payment_method_details"]["type"] == "card":
        brand = charge["payment_method_details"]["card"]["brand"]
        card = {"brand": brand, "case_type": "chargeback", "network": brand, "network_reason_code": "10.4"}
        made["payment_method_details"] = {"type": "card", "card": card}
    return world.store.save(made)
