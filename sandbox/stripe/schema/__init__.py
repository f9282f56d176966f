"""Which parameters each operation takes: data taken from Stripe's own SDK, and checked as Stripe checks.

`*.json` here are written by `tests/sandbox/stripe/sdk_schema.py` and compared with the SDK by a test.
"""

from functools import cache
from pathlib import Path
from typing import Any

import orjson

from sandbox.stripe.wire import Obj

FOLDER = Path(__file__).parent


@cache
def operation(name: str) -> Obj:
    """The tree of parameters of one operation, such as `checkout.sessions.create`."""
    resource = name.rpartition(".")[0]
    trees: dict[str, Obj] = _read(resource)
    return trees[name]


def blank(name: str) -> Obj:
    """An object with every field that Stripe's has, all null."""
    return dict.fromkeys(_fields(name))


@cache
def _fields(name: str) -> tuple[str, ...]:
    return tuple(_read("objects")[name])


@cache
def _read(resource: str) -> dict[str, Any]:
    trees: dict[str, Any] = orjson.loads((FOLDER / f"{resource}.json").read_bytes())
    return trees
