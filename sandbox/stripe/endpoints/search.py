"""`/v1/payment_intents/search`: a small part of Stripe's query language, clauses joined by `AND`."""

import re
from collections.abc import Callable
from itertools import islice
from typing import Final

from sandbox.stripe.endpoints.call import Call
from sandbox.stripe.errors import invalid
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World

CLAUSE: Final = re.compile(
    r"""(?P<not>-)?(?P<field>metadata\[["'](?P<key>[^"']+)["']\]|amount|created|currency|customer|status)"""
    r"""(?P<op>:|>=|<=|>|<)(?P<value>"[^"]*"|'[^']*'|\d+|null)\Z"""
)
SIGNS: Final[dict[str, Callable[[int, int], bool]]] = {
    ">": int.__gt__,
    "<": int.__lt__,
    ">=": int.__ge__,
    "<=": int.__le__,
}
JOIN: Final = re.compile(r"\s+AND\s+", re.IGNORECASE)


def payment_intents(world: World, call: Call) -> Obj:
    """Intents that a query finds, newest first."""
    clauses = [_clause(text) for text in JOIN.split(call.params["query"].strip())]
    limit = call.params.get("limit", 10)
    skip = int(call.params.get("page", "0")) if call.params.get("page", "0").isdigit() else 0
    rows = (row for row in world.store.table("payment_intent").newest() if all(wanted(row) for wanted in clauses))
    found = list(islice(rows, skip, skip + limit + 1))
    more = len(found) > limit
    return {
        "object": "search_result",
        "data": found[:limit],
        "has_more": more,
        "next_page": str(skip + limit) if more else None,
        "url": call.path,
    }


def _clause(text: str) -> Callable[[Obj], bool]:
    match = CLAUSE.match(text)
    if match is None:
        raise invalid(f"We were unable to parse your search query: {text}", "query")
    field, key, op, value = match["field"], match["key"], match["op"], match["value"].strip("\"'")

    def wanted(row: Obj) -> bool:
        have = row["metadata"].get(key) if key else row[field]
        if value == "null" and match["value"] == "null":
            return have is None
        if have is None:
            return False
        if op == ":":
            return str(have) == value
        return SIGNS[op](int(have), int(value))

    return (lambda row: not wanted(row)) if match["not"] else wanted
