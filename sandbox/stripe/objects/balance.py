"""Movements on the account's balance."""

from sandbox.stripe.money import fee
from sandbox.stripe.schema import blank
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World

PAYOUT_DELAY = 2 * 86_400


def balance_transaction(
    world: World,
    kind: str,
    source: Obj,
    amount: int,
    *,
    category: str | None = None,
    stripe_fee: int = 0,
    available_now: bool = False,
    description: str | None = None,
) -> Obj:
    """A new movement, saved; `amount` is signed, and `net` is what remains of it after the fee."""
    made = blank("balance_transaction")
    currency = source["currency"]
    details = [
        {
            "amount": stripe_fee,
            "application": None,
            "currency": currency,
            "description": "Dispute fee" if kind == "adjustment" else "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    made.update(
        id=world.new_id("txn"),
        object="balance_transaction",
        amount=amount,
        available_on=world.now if available_now else world.now + PAYOUT_DELAY,
        balance_type="payments",
        created=world.now,
        currency=currency,
        description=description,
        exchange_rate=None,
        fee=stripe_fee,
        fee_details=details if stripe_fee else [],
        net=amount - stripe_fee,
        reporting_category=category or kind,
        source=source["id"],
        status="available" if available_now else "pending",
        type=kind,
    )
    return world.store.save(made)


def charge_fee(charge: Obj) -> int:
    """What Stripe keeps of a charge."""
    return fee(charge["amount_captured"])
