"""Refunds, and what goes back with them on Connect."""

from sandbox.stripe.objects.balance import balance_transaction
from sandbox.stripe.schema import blank
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World


def new_refund(world: World, charge: Obj, amount: int, params: Obj, status: str) -> Obj:
    """A new refund; the caller books and saves it."""
    made = blank("refund")
    kind = charge["payment_method_details"]["type"]
    details: Obj = {"type": kind}
    if kind == "card":
        details["card"] = {
            "reference_status": "pending",
            "reference_type": "acquirer_reference_number",
            "type": "refund",
        }
    made.update(
        id=world.new_id("re"),
        object="refund",
        amount=amount,
        charge=charge["id"],
        created=world.now,
        currency=charge["currency"],
        customer=charge["customer"],
        destination_details=details,
        metadata=dict(params.get("metadata") or {}),
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        pending_reason="processing" if status == "pending" else None,
        reason=params.get("reason"),
        status=status,
    )
    return made


def transfer_reversal(world: World, transfer: Obj, refund: Obj, amount: int) -> Obj:
    """Money that a connected account gives back; saved."""
    made = blank("transfer_reversal")
    made.update(
        id=world.new_id("trr"),
        object="transfer_reversal",
        amount=amount,
        created=world.now,
        currency=transfer["currency"],
        destination_payment_refund=world.new_id("pyr"),
        metadata={},
        source_refund=refund["id"],
        transfer=transfer["id"],
    )
    booked = balance_transaction(world, "transfer_refund", made, amount, category="transfer_reversal")
    made["balance_transaction"] = booked["id"]
    return world.store.save(made)


def fee_refund(world: World, fee: Obj, amount: int) -> Obj:
    """The platform's fee, given back in part or in full; saved."""
    made = blank("fee_refund")
    made.update(
        id=world.new_id("fr"),
        object="fee_refund",
        amount=amount,
        created=world.now,
        currency=fee["currency"],
        fee=fee["id"],
        metadata={},
    )
    booked = balance_transaction(world, "application_fee_refund", made, -amount, category="platform_earning_refund")
    made["balance_transaction"] = booked["id"]
    return world.store.save(made)
