"""The request to pay, as it comes over HTTP: the queue's message in camelCase, with the amount as a number."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, WithJsonSchema
from pydantic.alias_generators import to_camel

from console.api.shapes import Shape
from console.exact_json import Number
from console.problems import wrong
from domain.errors import InvalidMessage
from domain.messages import KNOWN_FIELDS, PaymentRequired, read_payment_required

_FIELD_OF: Final = {to_camel(name): name for name in KNOWN_FIELDS}
_ID: Final = "^[A-Za-z0-9._-]{1,64}$"
_RISK_OF: Final = {"deviceId": "device_id"}


class CreateCheckoutRequest(Shape):
    """For the documentation; what is taken is decided by the reader of the queue's message."""

    auction_id: str = Field(pattern=_ID, examples=["auction-1"])
    buyer_id: str = Field(pattern=_ID, examples=["buyer-1"])
    maker_id: str = Field(pattern=_ID, examples=["maker-1"])
    amount: Annotated[str, WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "examples": [275.5]})] = Field(
        description="Major units, read exactly as it is written."
    )
    currency: str = Field(pattern="^[A-Z]{3}$", examples=["USD"], description="ISO 4217, capital letters.")
    title: str | None = Field(None, examples=["Walnut bracket clock"])
    description: str | None = None
    policy: Literal["standard", "instant"] = "standard"
    buyer_email: str | None = None
    buyer_phone: str | None = Field(None, pattern=r"^\+[1-9][0-9]{6,14}$", description="E.164.")
    locale: str | None = None
    maker_email: str | None = None
    maker_stripe_account: str | None = None
    return_url: str | None = None
    cancel_url: str | None = None
    request_id: str | None = Field(None, pattern=_ID, description="Tells a new offer of the same lot from a repeat.")
    max_extension_minutes: int | None = Field(None, ge=0, description="The maker's own maximum.")
    metadata: dict[str, str] = Field(default_factory=dict)
    risk: dict[str, str] = Field(default_factory=dict, description="`ip`, `country`, `deviceId`.")


def read_request(body: Mapping[str, Any]) -> PaymentRequired:
    """Read a request to pay.

    Raises:
        Problem: 422, with every problem of every field.
    """
    message = {_FIELD_OF[key]: _plain(key, value) for key, value in body.items() if key in _FIELD_OF}
    problems = [(key[:64], "is no field of this request") for key in body if key not in _FIELD_OF]
    amount = body.get("amount")
    if amount is not None:
        message["amount"] = amount.decimal if isinstance(amount, Number) else None
    if amount is not None and message["amount"] is None:
        problems.append(("amount", "must be a number such as 275.5"))
    try:
        request = read_payment_required(message)
    except InvalidMessage as invalid:
        named = {name for name, _ in problems}
        found = [(to_camel(name), reason) for name, reason in invalid.problems]
        problems += [(name, reason) for name, reason in found if name not in named]
    else:
        if not problems:
            return request
    raise wrong(problems)


def _plain(key: str, value: Any) -> Any:
    if isinstance(value, Number):
        return value.plain
    if isinstance(value, Mapping):
        renamed = _RISK_OF if key == "risk" else {}
        return {renamed.get(name, name): _plain(name, inner) for name, inner in value.items()}
    return value
