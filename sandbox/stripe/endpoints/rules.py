"""Rules on parameters that several resources share, beyond what the schema says."""

import re
from typing import Final
from urllib.parse import urlsplit

from sandbox.stripe.errors import StripeError, invalid, missing, required
from sandbox.stripe.money import MAXIMUM, SUPPORTED, WHOLE_HUNDREDS, minimum, written
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World

EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")


def currency(value: str, param: str = "currency") -> str:
    """A supported currency, in lower case."""
    lowered = value.lower()
    if lowered not in SUPPORTED:
        listed = ", ".join(sorted(SUPPORTED))
        raise invalid(f"Invalid currency: {lowered}. Stripe currently supports these currencies: {listed}", param)
    return lowered


def amount(value: int, unit: str, param: str = "amount") -> int:
    """An amount that Stripe charges in this currency."""
    if value < 1:
        raise invalid("This value must be greater than or equal to 1.", param, "parameter_invalid_integer")
    if value < minimum(unit):
        raise invalid(f"Amount must be at least {written(minimum(unit), unit)}", param, "amount_too_small")
    if value > MAXIMUM:
        raise invalid(f"Amount must be no more than {written(MAXIMUM, unit)}", param, "amount_too_large")
    if unit in WHOLE_HUNDREDS and value % 100:
        raise invalid(f"Invalid amount: {unit.upper()} amounts must be whole, and end in 00.", param)
    return value


def url(value: str, param: str) -> str:
    """An absolute http or https address."""
    parts = urlsplit(value.replace("{CHECKOUT_SESSION_ID}", "cs"))
    if parts.scheme not in {"http", "https"} or not parts.netloc or " " in value:
        raise invalid("Not a valid URL", param, "url_invalid")
    return value


def email(value: str, param: str) -> str:
    """Something that looks like an address."""
    if not EMAIL.match(value):
        raise StripeError(f"Invalid email address: {value}", code="email_invalid", param=param)
    return value


def at_most(value: str, length: int, param: str) -> str:
    """A text within its bound."""
    if len(value) > length:
        raise invalid(f"Invalid string: {value[:10]}...{value[-5:]}; must be at most {length} characters", param)
    return value


def connect(world: World, params: Obj, total: int, prefix: str = "") -> None:
    """Destination charges: the accounts exist, and the fee is no more than the amount."""

    def name(field: str) -> str:
        return f"{prefix}[{field}]" if prefix else field

    target = (params.get("transfer_data") or {}).get("destination")
    if target is not None and world.store.find("account", target) is None:
        raise missing("destination", target, name("transfer_data[destination]"))
    settler = params.get("on_behalf_of")
    if settler and world.store.find("account", settler) is None:
        raise missing("account", settler, name("on_behalf_of"))
    fee = params.get("application_fee_amount")
    if fee is None:
        return
    if target is None:
        raise invalid(
            "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment (using an "
            "OAuth key or Stripe-Account header) or destination payment (using `transfer_data[destination]`).",
            name("application_fee_amount"),
        )
    if not 0 <= fee <= total:
        raise invalid("Your application fee cannot be larger than the payment amount.", name("application_fee_amount"))


def one_of(params: Obj, *names: str) -> None:
    """At most one of these."""
    if sum(1 for name in names if params.get(name)) > 1:
        raise invalid(f"You may only specify one of these parameters: {', '.join(names)}.", names[0])


def needs(params: Obj, name: str) -> None:
    """A parameter that the schema calls optional, and the API does not."""
    if not params.get(name):
        raise required(name)


def no_method_types(params: Obj) -> None:
    """`payment_method_types` can no longer be given (since 2026-09-30.endive); checked on the raw parameters."""
    if "payment_method_types" in params:
        raise invalid(
            "The `payment_method_types` parameter is no longer supported in this API version. Use dynamic payment "
            "methods, and `allowed_payment_method_types` or `excluded_payment_method_types` to limit them.",
            "payment_method_types",
            "payment_method_types_no_longer_supported",
        )
