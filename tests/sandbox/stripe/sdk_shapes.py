"""Compares a JSON object with a class of the `stripe` package: no field too many, none too few, each of its type."""

import ast
from functools import cache
from typing import Any

from tests.sandbox.stripe.sdk_names import LEFT_OUT, OBJECTS
from tests.sandbox.stripe.sdk_schema import SDK, alternatives, classes, elements, fields

#: Classes that name objects of other modules, and where they are.
EXPANDABLE = {name.rpartition(".")[2]: key for key, (_, name) in OBJECTS.items() if "." not in name}
#: Class → fields that are present only when something asked for them.
SOMETIMES = {OBJECTS[kind]: names for kind, names in LEFT_OUT.items()}
SOMETIMES["_event.py", "Event.Data"] = {"previous_attributes"}
#: Parts of objects whose other fields are there only when they apply (one of many payment methods, a rare switch).
SPARSE = {
    "Charge.PaymentMethodDetails",
    "Refund.DestinationDetails",
    "PaymentIntent.NextAction",
    "PaymentIntent.LastPaymentError",
    "PaymentIntent.PaymentMethodOptions",
    "PaymentIntent.PaymentMethodOptions.Card",
    "PaymentIntent.AmountDetails",
    "PaymentIntent.AmountDetails.Tip",
    "PaymentIntent.TransferData",
    "PaymentMethod",
    "Session.PaymentMethodOptions",
    "Session.PaymentMethodOptions.Card",
    "Session.TotalDetails",
    "Charge.FraudDetails",
    "Charge.RadarOptions",
    "PaymentMethod.RadarOptions",
    "PaymentMethod.UsBankAccount.StatusDetails",
    "Refund.DestinationDetails.Card",
    "Dispute.PaymentMethodDetails",
    "Dispute.Evidence.EnhancedEvidence",
    "Dispute.EvidenceDetails.EnhancedEligibility",
    "Account.Settings",
    "Account.Settings.SepaDebitPayments",
    "Account.Settings.Payouts.Schedule",
    "Account.Capabilities",
    "Account.Controller",
    "Account.TosAcceptance",
    "Account.BusinessProfile",
    "Balance.Available.SourceTypes",
    "Balance.Pending.SourceTypes",
}
PLAIN: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "int": int,
    "float": (int, float),
    "bool": bool,
    "Decimal": str,
}


@cache
def module(path: str) -> dict[str, ast.ClassDef]:
    return classes(SDK / path)


def differences(obj: dict[str, Any], kind: str) -> list[str]:
    """Everything in which an object of this kind differs from the SDK's class."""
    path, name = OBJECTS[kind]
    return list(_object(obj, path, name, kind))


def _object(obj: dict[str, Any], path: str, name: str, where: str) -> list[str]:
    known = {field: note for field, note in fields(module(path)[name]) if not field.startswith("_")}
    known.pop("OBJECT_NAME", None)
    found = [f"{where}: unknown field {field}" for field in obj if field not in known]
    for field, note in known.items():
        if field in obj:
            found += _value(obj[field], note, path, name, f"{where}.{field}")
        elif name not in SPARSE and field not in SOMETIMES.get((path, name), ()):
            found.append(f"{where}: no field {field}")
    return found


def _value(value: Any, note: ast.expr, path: str, owner: str, where: str) -> list[str]:
    """The differences of the alternative that fits best; none if one fits."""
    tries = [_single(value, one, path, owner, where) for one in alternatives(note)]
    return min(tries, key=len)


def _single(value: Any, note: ast.expr, path: str, owner: str, where: str) -> list[str]:
    if isinstance(note, ast.Subscript):
        inner = _inner(value, note)
        if inner is None:
            return [f"{where}: {value!r} is no {ast.unparse(note)[:60]}"]
        return [one for row in inner for one in _value(row, note.slice, path, owner, where)]
    name = ast.unparse(note).strip("'")
    if name not in PLAIN and isinstance(value, dict):
        return _named(value, name, path, owner, where)
    right = isinstance(value, PLAIN.get(name, ())) and not (isinstance(value, bool) and name in {"int", "float"})
    return [] if right or name == "Any" else [f"{where}: {value!r} is no {name}"]


def _inner(value: Any, note: ast.Subscript) -> list[Any] | None:
    """What has to fit between the brackets; None: the value does not even fit the word before them."""
    outer = ast.unparse(note.value)
    plain = {
        "Optional": value is None,
        "ExpandableField": isinstance(value, str),
        "Literal": outer == "Literal" and value in [ast.literal_eval(one) for one in elements(note)],
        "UntypedStripeObject": isinstance(value, dict),
    }
    if plain.get(outer):
        return []
    if outer in {"Optional", "ExpandableField"}:
        return [value]
    if outer == "List" and isinstance(value, list):
        return value
    if outer == "ListObject" and isinstance(value, dict) and set(value) == {"object", "data", "has_more", "url"}:
        return list(value["data"])
    return None


def _named(value: dict[str, Any], name: str, path: str, owner: str, where: str) -> list[str]:
    """An object of a class beside or inside the owner, or of another module."""
    parts = owner.split(".")
    for size in range(len(parts), -1, -1):
        full = ".".join([*parts[:size], name])
        if full in module(path) and (size or path == ""):
            return _object(value, path, full, where)
    kind = value.get("object", EXPANDABLE.get(name, ""))
    if kind in OBJECTS:
        return differences(value, kind)
    return [f"{where}: nothing is known of {name}"]
