"""Stripe's own books, to compare other books with."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World

CHARGE = (
    "id", "payment_intent", "amount", "amount_captured", "amount_refunded", "currency", "status", "paid", "captured",
    "refunded", "disputed", "created", "balance_transaction", "metadata",
)  # fmt: skip
REFUND = ("id", "charge", "payment_intent", "amount", "currency", "status", "reason", "created", "metadata")
#: A refund that counts: on its way or there.
KEPT = frozenset({"pending", "requires_action", "succeeded"})
#: What can still be paid.
PAYABLE = frozenset({"open", "requires_payment_method", "requires_confirmation", "requires_action"})


def books(world: World) -> Obj:
    """Every charge that was paid, refund, dispute and page, totals by currency, and how often we were called."""
    store = world.store
    charges = [_charge(world, row) for row in store.table("charge").oldest() if row["paid"]]
    refunds = [{name: row[name] for name in REFUND} for row in store.table("refund").oldest()]
    disputes = [
        {name: row[name] for name in ("id", "charge", "payment_intent", "amount", "currency", "status", "reason")}
        for row in store.table("dispute").oldest()
    ]
    return {
        "charges": charges,
        "refunds": refunds,
        "disputes": disputes,
        "pages": [_page(row) for row in _pages(world)],
        "totals": _totals(world, charges, refunds),
        "calls": dict(world.calls),
        "refused_429": sum(world.refusals.values()),
        "refused_429_by_operation": dict(world.refusals),
        "faults_struck": Counter(kind for kind, _ in world.faults.struck),
        "deliveries": Counter(row["status"] for row in store.table("sandbox.delivery").oldest()),
    }


def _charge(world: World, row: Obj) -> Obj:
    kept = {name: row[name] for name in CHARGE}
    return {**kept, "checkout": world.store.note(row["payment_intent"]).get("checkout")}


def _pages(world: World) -> Iterator[Obj]:
    """What a buyer can be asked to pay on: hosted pages, and payment intents for pages of somebody's own."""
    yield from world.store.table("checkout.session").oldest()
    for row in world.store.table("payment_intent").oldest():
        if not world.store.note(row["id"]).get("checkout"):
            yield row


def _page(row: Obj) -> Obj:
    return {name: row[name] for name in ("id", "status", "metadata")} | {"payable": row["status"] in PAYABLE}


def _totals(world: World, charges: list[Obj], refunds: list[Obj]) -> dict[str, dict[str, int]]:
    """By currency, in minor units: captured, refunded, kept (captured less refunded), fees, net."""
    nothing = Counter(captured=0, refunded=0, kept=0, fees=0, net=0)
    totals: dict[str, Counter[str]] = defaultdict(nothing.copy)
    for row in charges:
        total = totals[row["currency"]]
        total["charges"] += 1
        total["captured"] += row["amount_captured"]
        # What was held and let go counts as refunded, but was never captured.
        total["kept"] += max(0, row["amount_captured"] - row["amount_refunded"])
    for row in refunds:
        if row["status"] in KEPT:
            totals[row["currency"]]["refunded"] += row["amount"]
    movement: dict[str, Any]
    for movement in world.store.table("balance_transaction").oldest():
        total = totals[movement["currency"]]
        total["fees"] += movement["fee"]
        total["net"] += movement["net"]
    return {currency: dict(total) for currency, total in totals.items()}
