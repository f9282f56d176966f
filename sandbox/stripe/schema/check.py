"""Strict reading of parameters: unknown, missing and ill-typed ones are refused in Stripe's words."""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sandbox.stripe.errors import StripeError, invalid, required
from sandbox.stripe.wire import Obj

INTEGER: Final = re.compile(r"-?\d{1,18}\Z")
MAX_KEYS, MAX_KEY, MAX_VALUE = 50, 40, 500
#: Longest free text that Stripe takes anywhere.
MAX_TEXT: Final = 5000


def check(tree: Obj, params: Obj) -> Obj:
    """The parameters with their types, or a refusal that names the first wrong one.

    Raises:
        StripeError: 400, with Stripe's code and parameter name.
    """
    return _fields(tree, params, "")


def _fields(tree: Obj, given: Any, path: str) -> Obj:
    if not isinstance(given, dict):
        raise invalid("Invalid object", path)
    accepted: Obj = tree["fields"]
    unknown = [name for name in given if name not in accepted]
    if unknown:
        raise _unknown([_join(path, name) for name in unknown])
    for name in tree.get("required", ()):
        if name not in given:
            raise required(_join(path, name))
    return {name: _value(accepted[name], value, _join(path, name)) for name, value in given.items()}


def _unknown(names: list[str]) -> StripeError:
    word = "parameter" if len(names) == 1 else "parameters"
    return invalid(f"Received unknown {word}: {', '.join(names)}", names[0], "parameter_unknown")


def _join(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _value(node: Any, value: Any, path: str) -> Any:
    if isinstance(node, str):
        return LEAVES[node](value, path)
    if "unset" in node:
        return "" if value == "" else _value(node["unset"], value, path)
    if "fields" in node:
        return _fields(node, value, path)
    if "list" in node:
        return _list(node["list"], value, path)
    if "enum" in node:
        return _enum(node["enum"], value, path)
    return _any(node["any"], value, path)


def _list(node: Any, value: Any, path: str) -> list[Any]:
    if not isinstance(value, dict) or not all(key.isdigit() for key in value):
        raise invalid("Invalid array", path)
    ordered = sorted(value, key=int)
    return [_value(node, value[key], f"{path}[{at}]") for at, key in enumerate(ordered)]


def _enum(allowed: list[str], value: Any, path: str) -> str:
    text = _text(value, path)
    if text not in allowed:
        *most, last = allowed
        listed = f"{', '.join(most)}, or {last}" if len(most) > 1 else " or ".join(allowed)
        raise invalid(f"Invalid {path}: must be one of {listed}" if most else f"Invalid {path}: must be {last}", path)
    return text


def _any(nodes: list[Any], value: Any, path: str) -> Any:
    """The first alternative that takes it; the refusal is the last one's."""
    refusal: StripeError | None = None
    for node in nodes:
        try:
            return _value(node, value, path)
        except StripeError as error:
            refusal = error
    raise refusal or invalid("Invalid value", path)


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise invalid(f"Invalid string: {value}", path)
    return value


def _string(value: Any, path: str) -> str:
    text = _text(value, path)
    if text == "":
        name = path
        raise invalid(
            f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{name}' cannot be unset. You should remove '{name}' from your request or supply a non-empty "
            "value.",
            path,
            "parameter_invalid_empty",
        )
    if len(text) > MAX_TEXT:
        raise invalid(f"Invalid string: {text[:10]}...; must be at most {MAX_TEXT} characters", path)
    return text


def _integer(value: Any, path: str) -> int:
    text = _string(value, path)
    if not INTEGER.match(text):
        raise invalid(f"Invalid integer: {text}", path, "parameter_invalid_integer")
    return int(text)


def _number(value: Any, path: str) -> float:
    return float(_decimal(value, path))


def _decimal(value: Any, path: str) -> str:
    text = _string(value, path)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise invalid(f"Invalid decimal: {text}", path) from None
    if not number.is_finite():
        raise invalid(f"Invalid decimal: {text}", path)
    return text


def _boolean(value: Any, path: str) -> bool:
    text = _string(value, path)
    if text not in {"true", "false"}:
        raise invalid(f"Invalid boolean: {text}", path)
    return text == "true"


def _hash(value: Any, path: str) -> dict[str, str]:
    """Metadata and its kin: short strings under short keys."""
    if not isinstance(value, dict):
        raise invalid("Invalid hash", path)
    if len(value) > MAX_KEYS:
        raise invalid(f"Metadata can have up to {MAX_KEYS} keys, but you passed in {len(value)} keys.", path)
    for key, text in value.items():
        if len(key) > MAX_KEY:
            raise invalid(
                f"Metadata key names can have up to {MAX_KEY} characters, but you passed in a key name that is "
                f"{len(key)} characters. Invalid key: {key}",
                path,
            )
        if not isinstance(text, str):
            raise invalid(
                f'Metadata values must be strings, but for key "{key}" you passed in a value of type hash.', path
            )
        if len(text) > MAX_VALUE:
            raise invalid(
                f"Metadata values can have up to {MAX_VALUE} characters, but you passed in a value that is "
                f"{len(text)} characters. Invalid value: {text}",
                f"{path}[{key}]",
            )
    return dict(value)


LEAVES: Final[dict[str, Callable[[Any, str], Any]]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "decimal": _decimal,
    "boolean": _boolean,
    "hash": _hash,
    "any": lambda value, _path: value,
}
