"""Money that goes back."""

from sandbox.stripe.acts import aftermath, capture
from sandbox.stripe.cards import Aftermath, find_method
from sandbox.stripe.errors import invalid, refused
from sandbox.stripe.events import emit
from sandbox.stripe.money import share, written
from sandbox.stripe.objects.balance import balance_transaction
from sandbox.stripe.objects.refund import fee_refund, new_refund, transfer_reversal
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import NOBODY, World


def refund(world: World, charge: Obj, params: Obj) -> Obj:
    """Refund a charge, in full or in part.

    Raises:
        StripeError: more than is left, disputed, not captured.
    """
    amount = _amount(charge, params.get("amount"))
    if charge["balance_transaction"] is None:
        capture.record(world, charge)
    _check_connect(world, charge, params)
    behavior = _behavior(world, charge)
    pending = behavior == "refund_pends" or charge["payment_method_details"]["type"] != "card"
    made = new_refund(world, charge, amount, params, "pending" if pending else "succeeded")
    booked = balance_transaction(
        world, "refund" if charge["payment_method_details"]["type"] == "card" else "payment_refund", made, -amount,
        category="refund", description=f"REFUND FOR CHARGE ({charge['description'] or charge['id']})",
    )  # fmt: skip
    made["balance_transaction"] = booked["id"]
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    whole_before = charge["amount_refunded"]
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    world.store.save(charge)
    if params.get("reverse_transfer"):
        _reverse_transfer(world, charge, made, whole_before)
    if params.get("refund_application_fee"):
        _refund_fee(world, charge, made)
    world.store.save(made)
    _quiet_trouble(world, charge, made)
    emit(world, "refund.created", made)
    emit(world, "charge.refunded", charge, before=before)
    if pending or behavior == "refund_fails":
        world.after(world.settings.refund_delay, "end_refund", made["id"])
    return made


def _amount(charge: Obj, asked: int | None) -> int:
    left = charge["amount_captured"] - charge["amount_refunded"]
    if not charge["paid"] or not charge["captured"]:
        raise refused("This charge was not captured; it cannot be refunded.", code="charge_not_refundable")
    if charge["refunded"]:
        raise refused(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if charge["disputed"]:
        raise refused(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    amount = left if asked is None else asked
    if amount < 1:
        raise invalid("This value must be greater than or equal to 1.", "amount", "parameter_invalid_integer")
    if amount > left:
        money = written(amount, charge["currency"]), written(left, charge["currency"])
        raise refused(
            f"Refund amount ({money[0]}) is greater than unrefunded amount on charge ({money[1]})", param="amount"
        )
    return amount


def _check_connect(world: World, charge: Obj, params: Obj) -> None:
    """Nothing is changed before everything is known to be possible."""
    if params.get("reverse_transfer") and world.store.find("transfer", charge.get("transfer")) is None:
        raise refused("Cannot reverse transfer on a charge that has no transfer.", param="reverse_transfer")
    if params.get("refund_application_fee") and world.store.find("application_fee", charge["application_fee"]) is None:
        raise refused("You cannot refund the application fee on a charge without one.", param="refund_application_fee")


def _behavior(world: World, charge: Obj) -> Aftermath:
    method = find_method(world.store.note(charge["payment_method"]).get("method", ""))
    return method.aftermath if method else ""


def _reverse_transfer(world: World, charge: Obj, made: Obj, refunded_before: int) -> None:
    """The destination gives back its share: in proportion to what is refunded, without rounding errors over several."""
    passed_on = world.store.get("transfer", charge["transfer"])
    whole = charge["amount_captured"]
    amount = share(charge["amount_refunded"], whole, passed_on["amount"]) - share(
        refunded_before, whole, passed_on["amount"]
    )
    reversal = transfer_reversal(world, passed_on, made, amount)
    made["transfer_reversal"] = reversal["id"]
    passed_on["amount_reversed"] += amount
    passed_on["reversed"] = passed_on["amount_reversed"] == passed_on["amount"]
    passed_on["reversals"]["data"] = [reversal, *passed_on["reversals"]["data"]]
    world.store.save(passed_on)
    emit(world, "transfer.reversed", passed_on)


def _refund_fee(world: World, charge: Obj, made: Obj) -> None:
    """The platform gives back its share of the fee: of all that the destination has given back, or else of the refunds.

    What a refund took from the destination stays taken when it fails, and so does what was given for it.
    """
    taken = world.store.get("application_fee", charge["application_fee"])
    whole, after = charge["amount_captured"], charge["amount_refunded"]
    if made["transfer_reversal"]:
        after = min(world.store.get("transfer", charge["transfer"])["amount_reversed"], whole)
    before = max(after - made["amount"], 0)
    amount = share(after, whole, taken["amount"]) - share(before, whole, taken["amount"])
    given_back = fee_refund(world, taken, amount)
    taken["amount_refunded"] += amount
    taken["refunded"] = taken["amount_refunded"] == taken["amount"]
    taken["refunds"]["data"] = [given_back, *taken["refunds"]["data"]]
    world.store.save(taken)
    emit(world, "application_fee.refunded", taken)


def _quiet_trouble(world: World, charge: Obj, made: Obj) -> None:
    """A full refund closes the review, and leaves nothing to do about a warning."""
    if not charge["refunded"]:
        return
    aftermath.close_review(world, charge, "refunded_as_fraud" if made["reason"] == "fraudulent" else "refunded")
    for warning in world.store.table("radar.early_fraud_warning").newest():
        if warning["charge"] == charge["id"] and warning["actionable"]:
            warning["actionable"] = False
            world.store.save(warning)
            emit(world, "radar.early_fraud_warning.updated", warning, before={"actionable": True})


def end(world: World, made: Obj) -> None:
    """A refund that was under way arrives; one by a "refund fails" card comes back, although it had succeeded."""
    charge = world.store.get("charge", made["charge"])
    if _behavior(world, charge) == "refund_fails" and made["status"] in {"pending", "succeeded"}:
        fail(world, made)
    elif made["status"] == "pending":
        made.update(status="succeeded", pending_reason=None)
        world.store.save(made)
        emit(world, "refund.updated", made, before={"status": "pending"}, cause=NOBODY)


def fail(world: World, made: Obj, reason: str = "unknown") -> None:
    """The buyer's bank sent the money back; it is on our balance again."""
    before = {"status": made["status"]}
    made.update(status="failed", failure_reason=reason, pending_reason=None)
    _back_on_balance(world, made, "refund_failure")
    emit(world, "refund.updated", made, before=before, cause=NOBODY)
    emit(world, "refund.failed", made, cause=NOBODY)


def cancel(world: World, made: Obj) -> None:
    """Call back a refund that waits for the buyer."""
    made["status"] = "canceled"
    _back_on_balance(world, made, "refund_failure")
    emit(world, "refund.updated", made, before={"status": "requires_action"})


def _back_on_balance(world: World, made: Obj, kind: str) -> None:
    charge = world.store.get("charge", made["charge"])
    booked = balance_transaction(world, kind, made, made["amount"], description="REFUND FAILURE")
    made["failure_balance_transaction"] = booked["id"]
    charge["amount_refunded"] -= made["amount"]
    charge["refunded"] = False
    world.store.save(charge)
    world.store.save(made)
