"""Requests and responses without a socket, and Stripe's way of writing nested parameters in a form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson

#: A JSON object. Stripe's objects are trees of these.
Obj = dict[str, Any]

API_VERSION = "2026-10-28.endive"


@dataclass(frozen=True, slots=True)
class Request:
    """One call to the API. `params` is the decoded form or query; header names are lower case."""

    method: str
    path: str
    params: Obj = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, method: str, path: str, form: str = "", headers: Mapping[str, str] | None = None) -> "Request":
        """A request from its raw parts: `path` may carry a query, `form` is an urlencoded body."""
        bare, _, query = path.partition("?")
        pairs = parse_qsl(query, keep_blank_values=True) + parse_qsl(form, keep_blank_values=True)
        lowered = {name.lower(): value for name, value in (headers or {}).items()}
        return cls(method.upper(), bare, nested(pairs), lowered)


@dataclass(slots=True)
class Response:
    """What the caller hears. With `lost`, the connection is to be closed without a word."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    lost: bool = False

    def json(self) -> Obj:
        """The body, decoded."""
        decoded: Obj = orjson.loads(self.body)
        return decoded


def encode(obj: Any) -> bytes:
    """JSON as it goes over the wire."""
    return orjson.dumps(obj)


def nested(pairs: list[tuple[str, str]]) -> Obj:
    """Turn `a[b][0]=c` and `a[]=c` into a tree; indexes stay dictionary keys until the schema says what is a list."""
    tree: Obj = {}
    for name, value in pairs:
        _put(tree, _keys(name), value)
    return tree


def _keys(name: str) -> list[str]:
    head, bracket, rest = name.partition("[")
    if not bracket or not rest.endswith("]") or not head:
        return [name]
    return [head, *rest[:-1].split("][")]


def _put(tree: Obj, keys: list[str], value: str) -> None:
    for key in keys[:-1]:
        step = tree.setdefault(_index(tree, key, last=False), {})
        if not isinstance(step, dict):
            # `a=1&a[b]=2`: the later one wins, and the schema says what it thinks of it.
            step = tree[key] = {}
        tree = step
    tree[_index(tree, keys[-1], last=True)] = value


def _index(tree: Obj, key: str, *, last: bool) -> str:
    """An empty bracket appends; inside it, the parts of one element follow each other."""
    if key:
        return key
    return str(len(tree)) if last or not tree else str(len(tree) - 1)
