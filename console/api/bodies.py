"""What people of the house ask for, read from JSON: every problem at once."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import Field, WithJsonSchema

from console.api.shapes import Shape
from console.exact_json import Number
from console.problems import FieldProblems, wrong
from domain.masking import mask_card_numbers

_LONGEST_REASON: Final = 500
#: The longest extension that a policy can permit.
_MOST_MINUTES: Final = 43_200
_INTENT: Final = re.compile(r"pi_[A-Za-z0-9_]{1,250}")
_REASON: Final = Field(
    min_length=1, max_length=_LONGEST_REASON, description="Why; it is kept in the audit trail.", examples=["scratched"]
)


class OverrideRequest(Shape):
    """Change a payment's window."""

    action: Literal["extend", "terminate"] = Field(examples=["extend"])
    minutes: Annotated[str | None, WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": 43200})] = Field(
        None, description="By how many, with `extend`. Parts of a minute are possible.", examples=[120]
    )
    reason: str = _REASON


class RefundRequest(Shape):
    """Send money back."""

    amount: Annotated[str | None, WithJsonSchema({"type": "number", "exclusiveMinimum": 0})] = Field(
        None, description="Major units, read exactly as it is written; without it, all that is left.", examples=[75.5]
    )
    reason: str = _REASON
    stripe_payment_intent_id: str | None = Field(None, description="Which money, where the payment has more than one.")


class Decision(Shape):
    """Agree to a refund, or decline it."""

    reason: str = _REASON


@dataclass(frozen=True, slots=True)
class Override:
    """What is asked of a window."""

    #: By how much it is extended; None: it is ended.
    by: timedelta | None
    reason: str


@dataclass(frozen=True, slots=True)
class RefundWish:
    """What is asked to go back."""

    amount: str | None
    reason: str
    payment_intent: str | None


def documented_body(shape: type[Shape]) -> dict[str, Any]:
    """How a body is documented that is read by hand."""
    schema = shape.model_json_schema(by_alias=True) | {"additionalProperties": False}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def read_override(body: Mapping[str, Any]) -> Override:
    """Read a change of a window; raises `Problem` 422."""
    read = _Reader(body, {"action", "minutes", "reason"})
    action, reason = read("action", _action), read("reason", _reason)
    by = read("minutes", _minutes) if action != "terminate" else None
    if action == "terminate" and body.get("minutes") is not None:
        read.problems.append(("minutes", "is for extend alone"))
    return Override(*read.done(by, reason))


def read_refund(body: Mapping[str, Any]) -> RefundWish:
    """Read a wish for a refund; raises `Problem` 422."""
    read = _Reader(body, {"amount", "reason", "stripePaymentIntentId"})
    amount = read("amount", _amount) if body.get("amount") is not None else None
    given = body.get("stripePaymentIntentId") is not None
    intent = read("stripePaymentIntentId", _intent) if given else None
    return RefundWish(*read.done(amount, read("reason", _reason), intent))


def read_reason(body: Mapping[str, Any]) -> str:
    """Read why somebody agrees or declines; raises `Problem` 422."""
    read = _Reader(body, {"reason"})
    reason: str = read.done(read("reason", _reason))[0]
    return reason


class _Reader:
    """Reads fields, and collects what is wrong with them."""

    def __init__(self, body: Mapping[str, Any], known: set[str]) -> None:
        self._body = body
        self.problems = [(key[:64], "is no field of this request") for key in body if key not in known]

    def __call__(self, field: str, read: Callable[[Any], Any]) -> Any:
        try:
            return read(self._body.get(field))
        except ValueError as error:
            self.problems.append((field, str(error)))
            return None

    def done(self, *values: Any) -> tuple[Any, ...]:
        if self.problems:
            problems: FieldProblems = self.problems
            raise wrong(problems)
        return values


def _action(value: Any) -> str:
    if value not in ("extend", "terminate"):
        raise ValueError("must be extend or terminate")
    return str(value)


def _minutes(value: Any) -> timedelta:
    text = value.decimal if isinstance(value, Number) else None
    minutes = Decimal(text) if text else Decimal(0)
    if not 0 < minutes <= _MOST_MINUTES:
        raise ValueError(f"must be a number above 0, and {_MOST_MINUTES} at most")
    return timedelta(minutes=float(minutes))


def _amount(value: Any) -> str:
    text: str | None = value.decimal if isinstance(value, Number) else None
    if text is None:
        raise ValueError("must be a number such as 75.5")
    return text


def _intent(value: Any) -> str:
    if not isinstance(value, str) or not _INTENT.fullmatch(value):
        raise ValueError("must be a payment intent's id (pi_…)")
    return value


def _reason(value: Any) -> str:
    """A reason is kept for good, and shown in lines: so no control characters, and no card numbers."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text that says why")
    if len(value) > _LONGEST_REASON:
        raise ValueError(f"must have at most {_LONGEST_REASON} characters")
    if any(ord(letter) < ord(" ") or "\x7f" <= letter <= "\x9f" or "\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError("must be one line of ordinary characters")
    return mask_card_numbers(value.strip())
