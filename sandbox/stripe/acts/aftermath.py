"""What may follow a payment: a review, an early fraud warning, a dispute."""

from sandbox.stripe.events import emit
from sandbox.stripe.money import dispute_fee
from sandbox.stripe.objects.balance import balance_transaction
from sandbox.stripe.objects.trouble import dispute, early_fraud_warning, new_review
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World


def review(world: World, intent: Obj, charge: Obj) -> None:
    """Put a payment of elevated risk into the review queue."""
    if charge["outcome"]["type"] != "manual_review":
        return
    opened = new_review(world, charge)
    charge["review"] = intent["review"] = opened["id"]
    emit(world, "review.opened", opened)


def close_review(world: World, charge: Obj, reason: str) -> Obj | None:
    """Close the open review of a charge, if it has one: approved, refunded, refunded_as_fraud, disputed."""
    opened = world.store.find("review", charge["review"])
    if opened is None or not opened["open"]:
        return None
    opened.update(open=False, closed_reason=reason)
    world.store.save(opened)
    charge["review"] = None
    world.store.save(charge)
    intent = world.store.find("payment_intent", charge["payment_intent"])
    if intent is not None:
        intent["review"] = None
        world.store.save(intent)
    emit(world, "review.closed", opened)
    return opened


def warn(world: World, charge: Obj, fraud_type: str = "made_with_stolen_card") -> Obj:
    """The issuer says that it may be fraud."""
    warning = early_fraud_warning(world, charge, fraud_type)
    emit(world, "radar.early_fraud_warning.created", warning)
    return warning


def open_dispute(world: World, charge: Obj, reason: str = "fraudulent", amount: int | None = None) -> Obj:
    """The buyer disputes a charge: the amount and a fee are taken from the balance at once."""
    made = dispute(world, charge, reason, amount or charge["amount"] - charge["amount_refunded"])
    taken = balance_transaction(
        world, "adjustment", made, -made["amount"], category="dispute", fee=dispute_fee,
        description=f"Chargeback withdrawal for {charge['id']}",
    )  # fmt: skip
    made["balance_transactions"] = [taken]
    charge["disputed"] = True
    world.store.save(charge)
    world.store.save(made)
    close_review(world, charge, "disputed")
    emit(world, "charge.dispute.created", made)
    emit(world, "charge.dispute.funds_withdrawn", made)
    return made


def close_dispute(world: World, made: Obj, *, won: bool, returned: int = 0) -> Obj:
    """The bank has decided. A dispute won gives the money back.

    One won in part, which reads `lost`, gives back only `returned`: what had been refunded before of an amount that was
    disputed in full.
    """
    returned = made["amount"] if won else returned
    before = {"status": made["status"]}
    made.update(status="won" if won else "lost", is_charge_refundable=False)
    if won or returned:
        back = balance_transaction(
            world, "adjustment", made, returned, category="dispute_reversal",
            description=f"Chargeback reversal for {made['charge']}",
        )  # fmt: skip
        made["balance_transactions"] = [*made["balance_transactions"], back]
    world.store.save(made)
    if won or returned:
        emit(world, "charge.dispute.funds_reinstated", made)
    emit(world, "charge.dispute.closed", made, before=before)
    return made
