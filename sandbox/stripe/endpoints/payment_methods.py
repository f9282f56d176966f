"""`/v1/payment_methods`, and how other calls name one."""

from typing import Any

from sandbox.stripe.cards import Method, find_method
from sandbox.stripe.endpoints.call import Call, named
from sandbox.stripe.errors import StripeError, invalid
from sandbox.stripe.objects.payment_method import billing, payment_method
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World


def create(world: World, call: Call) -> Obj:
    """A payment method from a test card's number, or from a bank account."""
    made = from_data(world, call.params, "usd", "")
    made["metadata"] = dict(call.params.get("metadata") or {})
    return world.store.save(made)


def resolve(world: World, params: Obj, currency: str) -> Obj | None:
    """The payment method that a call names: an id, a test name such as `pm_card_visa`, or the data of a new one."""
    if name := params.get("payment_method"):
        known = world.store.find("payment_method", name)
        if known is not None:
            return known
        method = find_method(name) if name.startswith("pm_") else None
        if method is None:
            named(world, "payment_method", name, "payment_method")
            return None
        return payment_method(world, method, currency, billing())
    if data := params.get("payment_method_data"):
        return from_data(world, data, currency, "payment_method_data")
    return None


def from_data(world: World, data: Obj, currency: str, path: str) -> Obj:
    """A new payment method from its parts."""
    kind = data.get("type")
    details = data.get("billing_details") or {}
    described = billing(details.get("email") or None, details.get("name") or None)
    if kind == "card":
        return payment_method(world, _card(data.get("card") or {}, path), currency, described)
    if kind in {"us_bank_account", "sepa_debit"}:
        account = data.get(kind) or {}
        number = str(account.get("account_number", "000123456789"))
        method = find_method(number) or find_method("bank_debit")
        if method is not None:
            unit = "eur" if kind == "sepa_debit" else "usd"
            return payment_method(world, method, unit, described)
    raise invalid(f"The sandbox has no payment method of the type {kind}.", f"{path}[type]" if path else "type")


def _card(card: Any, path: str) -> Method:
    token = str(card.get("token", ""))
    name = f"pm_card_{token.removeprefix('tok_')}" if token else str(card.get("number", ""))
    method = find_method(name)
    if method is None:
        raise StripeError(
            "Your card number is incorrect.",
            status=402,
            kind="card_error",
            code="incorrect_number",
            param=f"{path}[card][number]" if path else "card[number]",
        )
    return method
