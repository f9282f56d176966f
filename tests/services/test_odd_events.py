"""Signed events that say what no column can hold: whichever value it is, that event alone is set aside.

`read_event` takes what Stripe says at its word: it looks at the values that it reads by, and at no others.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from domain.lifecycle import Status
from domain.payment import Payment
from gateways.stripe.events import read_event
from proof.fuzz.examples import events
from proof.fuzz.targets import UNREADABLE
from services.receive_events import NotAnEvent
from tests.house import House

#: A text that PostgreSQL does not take, a number beyond its largest, and two that are no text.
ODD: Final = ("a\x00b", 2**63, 5, ["pi_1"])


def flaws(hint: Any, value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Where a value is not what its kind promises, or what no column of that kind can hold."""
    if get_origin(hint) in (Union, UnionType):
        if value is None:
            return
        (hint,) = (one for one in get_args(hint) if one is not type(None))
    hint = getattr(hint, "__supertype__", hint)
    if get_origin(hint) is tuple:
        for one in value:
            yield from flaws(get_args(hint)[0], one, f"{path}[]")
    elif type(value) is not hint:
        yield path, f"is {type(value).__name__}"
    elif is_dataclass(value):
        hints = _hints(hint)
        for field in fields(value):
            yield from flaws(hints[field.name], getattr(value, field.name), f"{path}.{field.name}")
    elif (hint is str and "\x00" in value) or (hint is int and not -(2**63) <= value < 2**63):
        yield path, "cannot be held"


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def places(document: Any) -> Iterator[Sequence[Any]]:
    """Where each value of a document is."""
    keys = (
        document.keys() if isinstance(document, Mapping) else range(len(document)) if isinstance(document, list) else ()
    )
    for key in keys:
        yield (key,)
        for place in places(document[key]):
            yield (key, *place)


def odd_events() -> Iterator[tuple[str, dict[str, Any]]]:
    """For each value of a fact, and each way in which no column can hold it, one event that tells it."""
    known = set()
    for event in events():
        for place in places(event["data"]["object"]):
            for value in ODD:
                changed = deepcopy(dict(event))
                inner = changed["data"]["object"]
                for key in place[:-1]:
                    inner = inner[key]
                inner[place[-1]] = value
                try:
                    fact = read_event(changed)
                except UNREADABLE:
                    continue
                for flaw in flaws(type(fact), fact, ""):
                    if flaw not in known:
                        known.add(flaw)
                        yield " ".join(flaw), changed


def told_of(bad: Payment, event: Mapping[str, Any], event_id: str) -> bytes:
    """The same said of a payment of ours."""
    intent = bad.transactions[0].stripe_payment_intent_id
    said = json.loads(re.sub(r"pi_\w+", intent, json.dumps(event)))
    metadata = said["data"]["object"].get("metadata") or {}
    mine = {"payment_session_id": str(bad.session.id), "attempt": str(metadata.get("attempt", 1))}
    said["data"]["object"]["metadata"] = metadata | mine
    return json.dumps(said | {"id": event_id}).encode()


def test_an_event_whose_values_no_column_can_hold_is_set_aside_alone(home: House) -> None:
    odd = dict(odd_events())
    assert {".where.payment_intent_id is list", ".amount.minor cannot be held", ".reason cannot be held"} <= odd.keys()
    bad, good = home.opened(), home.opened(auction_id="auction-2")
    home.pay(bad)
    home.hear(*[event for event in home.new_events() if event["type"] == "checkout.session.completed"])
    stored = {}
    for flaw, event in odd.items():
        with suppress(NotAnEvent):  # The ingest looks at the object's id, and turns such a one away.
            stored[flaw] = home.app.read_event(told_of(home.payment(bad), event, f"evt{flaw}"))
    for one in stored.values():
        home.app.receive_events([one])
        home.process()
        # How it was paid is told once; each of these tells it first.
        home.app.database.rows("UPDATE transactions SET method_type = NULL RETURNING id")
    became = dict(
        home.app.database.rows("SELECT stripe_event_id, reason FROM webhook_events WHERE status = 'set_aside'")
    )
    assert all(reason.startswith("could_not_be_written: ") for reason in became.values())
    assert {
        "evt.method_brand cannot be held",
        "evt.method_last4 is list",
        "evt.fee.minor cannot be held",
    } <= became.keys()

    home.pay(good)
    again = [told_of(home.payment(bad), odd[name.removeprefix("evt")], f"{name} again") for name in list(became)[:3]]
    bodies = [*again, *(json.dumps(event).encode() for event in home.new_events())]
    home.app.receive_events([home.app.read_event(body) for body in bodies])
    home.process()
    assert home.payment(good).session.status is Status.COMPLETED
    assert home.app.database.rows("SELECT stripe_event_id FROM webhook_events WHERE status = 'waiting'") == []
