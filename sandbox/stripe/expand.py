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


#: Lists that are only there when asked for: kind and field → kind of the elements.
INCLUDED: Final = {("checkout.session", "line_items"): "item", ("charge", "refunds"): "refund"}
#: Resources whose objects have another name.
KINDS: Final = {
    "checkout.sessions": "checkout.session",
    "radar.early_fraud_warnings": "radar.early_fraud_warning",
    "balance": "balance",
}
LISTS: Final = frozenset({"list", "search", "line_items"})


def check_paths(operation: str, paths: list[str]) -> None:
    """Refuse what cannot be expanded before any work is done.

    Raises:
        StripeError: the first path that leads nowhere, or too far.
    """
    resource, _, verb = operation.rpartition(".")
    kind = "item" if verb == "line_items" else KINDS.get(resource, resource.removesuffix("s"))
    for path in paths:
        steps = path.split(".")
        if len(steps) > DEEPEST:
            raise invalid(f"You cannot expand more than {DEEPEST} levels of a property (Property: {path}).", "expand")
        if not _leads_somewhere({kind}, steps, listed=verb in LISTS):
            raise invalid(f"This property cannot be expanded ({path}).", "expand")


def _leads_somewhere(kinds: set[str], steps: list[str], *, listed: bool) -> bool:
    for step in steps:
        if listed:
            if step != "data":
                return False
            listed = False
            continue
        included = {INCLUDED[kind, step] for kind in kinds if (kind, step) in INCLUDED}
        listed = bool(included)
        kinds = included or {one for kind in kinds for one in LINKS.get(kind, {}).get(step, ())}
        if not kinds:
            return False
    return steps != ["data"]


def expanded(world: World, obj: Obj, paths: list[str]) -> Obj:
    """A copy of the object with every path expanded, as far as there is something; the object itself is not changed."""
    for path in paths:
        obj = _along(world, obj, path.split("."))
    return obj


def _along(world: World, obj: Obj, steps: list[str]) -> Obj:
    name, rest = steps[0], steps[1:]
    if name == "data":
        return {**obj, "data": [_along(world, row, rest) if rest else row for row in obj["data"]]}
    value = _included(world, obj, name) or _linked(world, obj, name)
    if rest and isinstance(value, dict):
        value = _along(world, value, rest)
    return {**obj, name: value} if name in obj or value is not None else obj


def _linked(world: World, obj: Obj, name: str) -> Any:
    """What the field names, in full; the field itself where it names nothing that is known."""
    value = obj.get(name)
    if not isinstance(value, str):
        return value
    kinds = LINKS.get(obj["object"], {}).get(name, ())
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
