"""What a destination charge moves between the platform and a connected account."""

from sandbox.stripe.objects.balance import balance_transaction
from sandbox.stripe.objects.lists import empty_list
from sandbox.stripe.schema import blank
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World

APPLICATION = "ca_SandboxGavelpay"


def transfer(world: World, charge: Obj, destination: str, amount: int) -> Obj:
    """Money passed on to a connected account."""
    made = blank("transfer")
    made.update(
        id=world.new_id("tr"),
        object="transfer",
        amount=amount,
        amount_reversed=0,
        created=world.now,
        currency=charge["currency"],
        destination=destination,
        destination_payment=world.new_id("py"),
        livemode=False,
        metadata={},
        reversed=False,
        source_transaction=charge["id"],
        source_type="card",
        transfer_group=charge["transfer_group"] or f"group_{charge['payment_intent']}",
    )
    made["reversals"] = empty_list(f"/v1/transfers/{made['id']}/reversals")
    world.store.save(made)
    made["balance_transaction"] = balance_transaction(world, "transfer", made, -amount)["id"]
    return world.store.save(made)


def application_fee(world: World, charge: Obj, account: str, amount: int) -> Obj:
    """The platform's fee, taken from the connected account."""
    made = blank("application_fee")
    made.update(
        id=world.new_id("fee"),
        object="application_fee",
        account=account,
        amount=amount,
        amount_refunded=0,
        application=APPLICATION,
        charge=charge["id"],
        created=world.now,
        currency=charge["currency"],
        fee_source={"charge": charge["id"], "payout": None, "type": "charge"},
        livemode=False,
        originating_transaction=charge["id"],
        refunded=False,
    )
    made["refunds"] = empty_list(f"/v1/application_fees/{made['id']}/refunds")
    booked = balance_transaction(world, "application_fee", made, amount, category="platform_earning")
    made["balance_transaction"] = booked["id"]
    return world.store.save(made)
