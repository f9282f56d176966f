"""Outgoing events against their published schemas, more strictly than receivers should: nothing undescribed is told."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from typing import Any

import orjson
from jsonschema import Draft202012Validator

from gateways.downstream import body_of
from gateways.events.catalog import schemas
from models.records import OUTBOX
from runtime.app import App


def wrong_events(app: App) -> list[str]:
    """A sentence for everything that is wrong with what this house has announced."""
    with app.store.begin() as uow:
        rows = uow.connection.execute(f"SELECT {OUTBOX.selection} FROM outbox r ORDER BY auction_id, order_no")
        events = [OUTBOX.load(row, uow.cipher) for row in rows]
    return [problem for event in events for problem in problems(orjson.loads(body_of(event)))]


def problems(body: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with one event."""
    if body["type"] not in schemas():
        yield f"{body['type']} is described nowhere"
        return
    for error in _strict(body["type"]).iter_errors(body):
        yield f"{body['type']}: {error.json_path}: {error.message}"


@cache
def _strict(event_type: str) -> Draft202012Validator:
    schema = deepcopy(dict(schemas()[event_type]))
    schema["additionalProperties"] = schema["properties"]["data"]["additionalProperties"] = False
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
