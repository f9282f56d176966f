"""The outgoing events as a page for people, made from their schemas.

`python -m gateways.events.reference > docs/reference/events.md` writes it anew; a test compares.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from gateways.events.catalog import schemas

#: In the order of a payment's life.
ORDER: Final = (
    "auction.payment_pending",
    "auction.payment_failed",
    "auction.sold",
    "auction.reopened",
    "auction.refunded",
    "order.requested",
    "order.updated",
    "order.canceled",
)
_HEAD: Final = """# Outgoing events

What the auction and the order service are told.
[How to receive it](../how-to/receive-our-events.md).

Every event is a JSON object `{"type", "timestamp", "data"}`. As a webhook it comes with `webhook-id`,
`webhook-timestamp` and `webhook-signature` (Standard Webhooks); as a message on a queue with an `id`. An id always
stands for the same content. `auction.…` events go to `AUCTION_WEBHOOK_URL`, `order.…` events to `ORDER_WEBHOOK_URL`,
and all of them to `EVENTS_QUEUE`.

The JSON Schema files are shipped with the package, in `gateways/events/schemas/v1/`. Ignore keys that you do not know:
new ones may come under the same `version`.

This page is made from those files: `python -m gateways.events.reference > docs/reference/events.md`."""


def page() -> str:
    """The whole page, in Markdown."""
    known = schemas()
    types = [*ORDER, *sorted(set(known) - set(ORDER))]
    contents = [
        "| type | |",
        "|---|---|",
        *(f"| [`{one}`](#{_anchor(one)}) | {known[one]['title']} |" for one in types),
    ]
    return "\n".join([_HEAD, "", *contents, *(line for one in types for line in _section(one, known[one]))]) + "\n"


def _anchor(event_type: str) -> str:
    return event_type.replace(".", "")


def _section(event_type: str, schema: Mapping[str, Any]) -> Iterator[str]:
    data = schema["properties"]["data"]
    yield from ("", f"## {event_type}", "", schema["description"], "", "| `data` | type | |", "|---|---|---|")
    for name, about in data["properties"].items():
        optional = "" if name in data["required"] else "optional: "
        yield f"| `{name}` | {_type(about)} | {optional}{about['description']} |"
    for example in schema["examples"]:
        yield from ("", "```json", orjson.dumps(example, option=orjson.OPT_INDENT_2).decode(), "```")


def _type(about: Mapping[str, Any]) -> str:
    if "const" in about:
        return f"`{about['const']}`"
    if "enum" in about:
        return " or ".join(f"`{one}`" for one in about["enum"])
    kinds = about["type"] if isinstance(about["type"], list) else [about["type"]]
    names = [about.get("format", "string") if kind == "string" else kind for kind in kinds]
    return " or ".join(names)


if __name__ == "__main__":
    sys.stdout.write(page())
