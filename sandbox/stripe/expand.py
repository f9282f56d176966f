"""`expand[]`: ids replaced by the objects that they name, along a path, in a copy."""

from typing import Any, Final

from sandbox.stripe.endpoints.lists import MOST
from sandbox.stripe.errors import invalid
from sandbox.stripe.objects.lists import list_of
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World

DEEPEST: Final = 4
#: Kind → field → kinds that the id may name.
LINKS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "checkout.session": {"payment_intent": ("payment_intent",), "customer": ("customer",)},
    "payment_intent": {
        "latest_charge": ("charge",),
        "payment_method": ("payment_method",),
        "customer": ("customer",),
        "review": ("review",),
        "on_behalf_of": ("account",),
    },
    "charge": {
        "balance_transaction": ("balance_transaction",),
        "failure_balance_transaction": ("balance_transaction",),
        "payment_intent": ("payment_intent",),
        "customer": ("customer",),
        "transfer": ("transfer",),
        "application_fee": ("application_fee",),
        "review": ("review",),
        "on_behalf_of": ("account",),
    },
    "refund": {
        "charge": ("charge",),
        "payment_intent": ("payment_intent",),
        "balance_transaction": ("balance_transaction",),
        "failure_balance_transaction": ("balance_transaction",),
        "transfer_reversal": ("transfer_reversal",),
    },
    "balance_transaction": {
        "source": ("charge", "refund", "transfer", "application_fee", "fee_refund", "transfer_reversal", "dispute"),
    },
    "dispute": {"charge": ("charge",), "payment_intent": ("payment_intent",)},
    "review": {"charge": ("charge",), "payment_intent": ("payment_intent",)},
    "radar.early_fraud_warning": {"charge": ("charge",), "payment_intent": ("payment_intent",)},
    "transfer": {
        "balance_transaction": ("balance_transaction",),
        "destination": ("account",),
        "source_transaction": ("charge",),
    },
    "application_fee": {
        "balance_transaction": ("balance_transaction",),
        "charge": ("charge",),
        "account": ("account",),
        "originating_transaction": ("charge",),
    },
}


def expanded(world: World, obj: Obj, paths: list[str]) -> Obj:
    """A copy of the object with every path expanded; the object itself is not changed.

    Raises:
        StripeError: a path that cannot be expanded.
    """
    for path in paths:
        steps = path.split(".")
        if len(steps) > DEEPEST:
            raise invalid(f"You cannot expand more than {DEEPEST} levels of a property (Property: {path}).", "expand")
        obj = _along(world, obj, steps, path)
    return obj


def _along(world: World, obj: Obj, steps: list[str], path: str) -> Obj:
    name, rest = steps[0], steps[1:]
    if obj.get("object") == "list":
        if name != "data" or not rest:
            raise _cannot(path)
        return {**obj, "data": [_along(world, row, rest, path) for row in obj["data"]]}
    value = _included(world, obj, name) or _linked(world, obj, name, path)
    if rest and isinstance(value, dict):
        value = _along(world, value, rest, path)
    return {**obj, name: value}


def _linked(world: World, obj: Obj, name: str, path: str) -> Any:
    """What the field names, in full."""
    value = obj.get(name)
    if isinstance(value, dict):
        return value
    kinds = LINKS.get(obj.get("object", ""), {}).get(name)
    if kinds is None:
        raise _cannot(path)
    if value is None:
        return None
    return next((found for kind in kinds if (found := world.store.find(kind, value))), value)


def _included(world: World, obj: Obj, name: str) -> Obj | None:
    """Lists that are only there when asked for."""
    if obj.get("object") == "checkout.session" and name == "line_items":
        items = world.store.note(obj["id"])["items"]
        return list_of(items, f"/v1/checkout/sessions/{obj['id']}/line_items")
    if obj.get("object") == "charge" and name == "refunds":
        found = world.store.where("refund", "charge", obj["id"])[::-1]
        return list_of(found[:MOST], f"/v1/charges/{obj['id']}/refunds", has_more=len(found) > MOST)
    return None


def _cannot(path: str) -> Exception:
    return invalid(f"This property cannot be expanded ({path}).", "expand")
