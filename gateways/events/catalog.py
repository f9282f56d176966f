"""What receivers can rely on: a JSON Schema for each type of outgoing event, shipped with the package."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

from domain.messaging import EVENT_VERSION


@cache
def schemas(version: int = EVENT_VERSION) -> Mapping[str, Mapping[str, Any]]:
    """The schema of every type of event, of one version."""
    folder = files("gateways.events").joinpath("schemas", f"v{version}")
    found = (orjson.loads(one.read_bytes()) for one in folder.iterdir() if one.name.endswith(".json"))
    return {schema["properties"]["type"]["const"]: schema for schema in found}
