"""`/v1/checkout/sessions`."""

from typing import Final

from sandbox.stripe.acts import checkouts
from sandbox.stripe.endpoints import rules
from sandbox.stripe.endpoints.call import Call, named
from sandbox.stripe.endpoints.lists import MOST, page
from sandbox.stripe.errors import invalid, refused
from sandbox.stripe.money import minimum, written
from sandbox.stripe.objects.checkout_session import checkout_session, line_item
from sandbox.stripe.objects.lists import list_of
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World

SHORTEST, LONGEST = 30 * 60, 24 * 3600
OLD_MODES: Final = {"hosted": "hosted_page", "embedded": "embedded_page", "custom": "elements"}


def precheck(params: Obj) -> None:
    """What is refused with words of its own, before the schema is asked."""
    rules.no_method_types(params)
    if (old := params.get("ui_mode")) in OLD_MODES:
        raise invalid(
            f"The `ui_mode` value `{old}` is no longer supported in this API version. Use `{OLD_MODES[old]}` instead.",
            "ui_mode",
        )


def create(world: World, call: Call) -> Obj:
    """Open a session in payment mode."""
    params = call.params
    rules.needs(params, "mode")
    if params["mode"] != "payment":
        raise invalid(f"The sandbox knows payment mode only, not {params['mode']}.", "mode")
    _check_addresses(params)
    rules.one_of(params, "customer", "customer_email")
    if "customer" in params:
        named(world, "customer", params["customer"], "customer")
    rules.at_most(params.get("client_reference_id", ""), 200, "client_reference_id")
    expires_at = _expiry(world, params)
    items = _items(world, params)
    data = params.get("payment_intent_data", {})
    session = checkout_session(world, params, items, expires_at)
    rules.connect(world, data, session["amount_total"], "payment_intent_data")
    if not session["payment_method_types"]:
        raise invalid(
            "No valid payment method types for this Checkout Session. Please ensure that you have activated payment "
            "methods compatible with your chosen currency in your dashboard.",
        )
    checkouts.opened(world, session, items, data)
    return session


def _check_addresses(params: Obj) -> None:
    hosted = params.get("ui_mode", "hosted_page") == "hosted_page"
    if hosted:
        rules.needs(params, "success_url")
        if "return_url" in params:
            raise invalid("`return_url` can only be set if `ui_mode` is `embedded_page` or `elements`.", "return_url")
    for name in ("success_url", "cancel_url"):
        if name in params:
            if not hosted:
                raise invalid(f"`{name}` can only be set if `ui_mode` is `hosted_page`.", name)
            rules.url(params[name], name)
    if "customer_email" in params:
        rules.email(params["customer_email"], "customer_email")


def _expiry(world: World, params: Obj) -> int:
    expires_at: int = params.get("expires_at", world.now + LONGEST)
    if expires_at < world.now + SHORTEST:
        raise invalid(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", "expires_at"
        )
    if expires_at > world.now + LONGEST:
        raise invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", "expires_at"
        )
    return expires_at


def _items(world: World, params: Obj) -> list[Obj]:
    given = params.get("line_items")
    if not given:
        raise invalid("You must specify `line_items` when creating a Checkout Session in payment mode.", "line_items")
    if len(given) > MOST:
        raise invalid(f"Arrays can have at most {MOST} elements; `line_items` has {len(given)}.", "line_items")
    for at, item in enumerate(given):
        _check_item(world, item, f"line_items[{at}]")
    items = [line_item(world, item) for item in given]
    unit = items[0]["currency"]
    if any(item["currency"] != unit for item in items):
        raise invalid("All line items in a Checkout Session must have the same currency.", "line_items")
    total = sum(item["amount_total"] for item in items)
    if total < minimum(unit):
        raise invalid(
            f"The Checkout Session's total amount due must add up to at least {written(minimum(unit), unit)} {unit}",
            code="amount_too_small",
        )
    rules.amount(total, unit, "line_items[0][price_data][unit_amount]")
    return items


def _check_item(world: World, item: Obj, path: str) -> None:
    if "price" in item:
        named(world, "price", item["price"], f"{path}[price]")
    data = item.get("price_data")
    if data is None:
        raise invalid("You must provide one of `price` or `price_data` for each line item.", path)
    rules.currency(data["currency"], f"{path}[price_data][currency]")
    if "product_data" not in data:
        raise invalid("You must provide `product_data` with `price_data`.", f"{path}[price_data][product_data]")
    if ("unit_amount" in data) == ("unit_amount_decimal" in data):
        raise invalid(
            "You must specify exactly one of `unit_amount` and `unit_amount_decimal`.",
            f"{path}[price_data][unit_amount]",
        )
    if data.get("unit_amount", 0) < 0:
        raise invalid("Invalid non-negative integer", f"{path}[price_data][unit_amount]", "parameter_invalid_integer")
    if item.get("quantity", 1) < 1:
        raise invalid(
            "This value must be greater than or equal to 1.", f"{path}[quantity]", "parameter_invalid_integer"
        )


def update(world: World, call: Call) -> Obj:
    """Change metadata; the sandbox takes nothing else."""
    session = named(world, "checkout.session", call.id, "session")
    rest = set(call.params) - {"metadata", "expand"}
    if rest:
        raise invalid(f"The sandbox cannot update {min(rest)} of a Checkout Session.", min(rest))
    session["metadata"] = merged(session["metadata"], call.params.get("metadata", {}))
    return world.store.save(session)


def merged(old: dict[str, str], given: dict[str, str] | str) -> dict[str, str]:
    """Metadata after an update: empty values unset their key, an empty string unsets all."""
    if isinstance(given, str):
        return {}
    return {key: value for key, value in {**old, **given}.items() if value != ""}


def expire(world: World, call: Call) -> Obj:
    """Close an open session."""
    session = named(world, "checkout.session", call.id, "session")
    if session["status"] != "open":
        raise refused(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"`{session['status']}`."
        )
    checkouts.expire(world, session)
    return session


def line_items(world: World, call: Call) -> Obj:
    """The lines of a session."""
    named(world, "checkout.session", call.id, "session")
    items = world.store.note(call.id)["items"]
    limit = call.params.get("limit", 10)
    start = next((at + 1 for at, one in enumerate(items) if one["id"] == call.params.get("starting_after")), 0)
    return list_of(items[start : start + limit], call.path, has_more=len(items) > start + limit)


def listing(world: World, call: Call) -> Obj:
    """Sessions, by status, payment intent, customer, or the buyer's e-mail address."""
    params = call.params
    email = params.get("customer_details", {}).get("email")
    exact = {
        name: params[name]
        for name in ("payment_intent", "status", "customer", "payment_link", "subscription")
        if name in params
    }

    def wanted(row: Obj) -> bool:
        if email is not None and (row["customer_details"] or {}).get("email") != email:
            return False
        return all(row[name] == value for name, value in exact.items())

    return page(world, "checkout.session", call, wanted)
