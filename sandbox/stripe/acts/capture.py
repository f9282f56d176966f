"""Asynchronous capture: the balance transaction, transfer and application fee that a charge gets a moment later."""

from sandbox.stripe.cards import find_method
from sandbox.stripe.events import emit
from sandbox.stripe.money import fee
from sandbox.stripe.objects.balance import balance_transaction
from sandbox.stripe.objects.connect import application_fee, transfer
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import NOBODY, World


def record(world: World, charge: Obj, *, announce: bool = True) -> None:
    """Book a captured charge on the balance; `announce` emits `charge.updated`. Does nothing the second time."""
    if charge["balance_transaction"] is not None or not charge["paid"]:
        return
    before: Obj = {"balance_transaction": None}
    book(world, charge)
    before |= share_with_destination(world, charge)
    world.store.save(charge)
    if announce:
        emit(world, "charge.updated", charge, before=before, cause=NOBODY)


def book(world: World, charge: Obj) -> None:
    """Book a charge on the balance: a debit, as pending, when it is submitted to the bank, and others when paid."""
    method = find_method(world.store.note(charge["payment_method"]).get("method", ""))
    at_once = method is not None and method.aftermath == "available_now"
    booked = balance_transaction(
        world,
        "charge" if charge["payment_method_details"]["type"] == "card" else "payment",
        charge,
        charge["amount_captured"],
        category="charge",
        fee=fee,
        available_now=at_once,
        description=charge["description"],
    )
    charge["balance_transaction"] = booked["id"]
    world.store.save(charge)


def take_back(world: World, charge: Obj) -> None:
    """A debit failed: what was booked of it when it was submitted is booked back, with its fee."""
    booked = balance_transaction(
        world,
        "payment_failure_refund",
        charge,
        -charge["amount"],
        category="charge_failure",
        fee=lambda amount: -fee(-amount),
        description="Payment failure refund",
    )
    charge["failure_balance_transaction"] = booked["id"]


def share_with_destination(world: World, charge: Obj) -> Obj:
    """A destination charge passes its amount on, and takes the platform's fee back from it."""
    target = charge["transfer_data"]
    if target is None:
        return {}
    before: Obj = {"transfer": None}
    passed_on = transfer(world, charge, target["destination"], target["amount"] or charge["amount_captured"])
    charge["transfer"] = passed_on["id"]
    world.store.save(charge)
    emit(world, "transfer.created", passed_on, cause=NOBODY)
    if charge["application_fee_amount"]:
        before["application_fee"] = None
        # A fee above what was captured is capped at it.
        amount = min(charge["application_fee_amount"], charge["amount_captured"])
        taken = application_fee(world, charge, target["destination"], amount)
        charge["application_fee"] = taken["id"]
        emit(world, "application_fee.created", taken, cause=NOBODY)
    return before
