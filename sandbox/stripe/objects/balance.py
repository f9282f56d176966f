"""Movements on the account's balance."""

from collections.abc import Callable
from decimal import Decimal

from sandbox.stripe.money import settled
from sandbox.stripe.schema import blank
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World

#: From an amount in minor units to what Stripe keeps of it.
Fee = Callable[[int], int]
PAYOUT_DELAY = 2 * 86_400


def no_fee(_amount: int) -> int:
    """Most movements cost nothing."""
    return 0


def balance_transaction(
    world: World,
    kind: str,
    source: Obj,
    amount: int,
    *,
    category: str | None = None,
    fee: Fee = no_fee,
    available_now: bool = False,
    description: str | None = None,
) -> Obj:
    """A new movement in the currency of settlement, saved.

    `amount` is signed, in the source's currency; `fee` is asked with the settled amount; `net` is what remains of it.
    """
    made = blank("balance_transaction")
    currency, rate = world.settings.settlement.get(source["currency"], (source["currency"], None))
    if rate is not None:
        amount = settled(amount, source["currency"], currency, Decimal(rate))
    stripe_fee = fee(amount)
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
        exchange_rate=None if rate is None else float(rate),
        fee=stripe_fee,
        fee_details=details if stripe_fee else [],
        net=amount - stripe_fee,
        reporting_category=category or kind,
        source=source["id"],
        status="available" if available_now else "pending",
        type=kind,
    )
    return world.store.save(made)
