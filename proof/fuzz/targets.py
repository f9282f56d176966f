"""What is fuzzed, and what must hold whatever comes: each target takes bytes, and raises where a promise is broken."""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from domain.errors import GavelpayError, InvalidMessage
from domain.messages import KNOWN_FIELDS, read_payment_required
from gateways.queue.bells import INTAKE_QUEUE
from gateways.queue.received import MALFORMED, receive
from gateways.stripe.events import read_event
from gateways.stripe.signatures import Signatures
from proof.fuzz.dice import Dice
from proof.fuzz.examples import MESSAGE, events
from services.receive_events import NotAnEvent, ReadEvent

NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECRET: Final = "whsec_fuzz"  # noqa: S105 - nobody else's
ACTORS: Final = frozenset({"payment_required", MALFORMED})
#: What whoever processes events takes for "this one cannot be read", and sets aside.
UNREADABLE: Final = (GavelpayError, KeyError, TypeError, ValueError, AttributeError, OverflowError)
#: So many places of an example are changed.
_MOST_CHANGES: Final = 4

_signatures = Signatures((SECRET,), lambda: NOW)
_read = ReadEvent(lambda: NOW, lambda: UUID(int=7))


class Broken(AssertionError):
    """A promise that an input broke."""


def signature(data: bytes) -> None:
    """Any header over any body: taken for signed only if it is."""
    dice = Dice(data)
    header, body = dice.text(200), dice.rest()
    signed = _signed(body)
    if _signatures.problem_with(body, header) is None and signed.rpartition("=")[2] not in header:
        raise Broken("a webhook passed that nobody signed")
    if _signatures.problem_with(body, signed) is not None and _is_utf8(body):
        raise Broken("a webhook was refused that is signed")


def webhook(data: bytes) -> None:
    """A signed body, which is a real event with a few odd values, or anything: stored whole, or refused as no event."""
    dice = Dice(data)
    body = dice.rest() if dice.below(8) == 0 else orjson.dumps(changed(dice.pick(events()), dice))
    try:
        event = _read(body)
    except NotAnEvent:
        return
    for text in (event.stripe_event_id, event.type, event.account, event.object_id):
        if text is not None and ("\x00" in text or len(text.encode()) > 4 * 255):
            raise Broken("an event was read whose words no row can hold")
    if event.body != body:
        raise Broken("the bytes are not kept as they came")
    try:
        read_event(orjson.loads(body))
    except UNREADABLE:
        return


def message(data: bytes) -> None:
    """Anything on the intake queue: kept as malformed, refused with reasons, or read as what a row can hold."""
    dice = Dice(data)
    raw = dice.rest() if dice.below(8) == 0 else orjson.dumps(changed(MESSAGE, dice))
    received = receive(raw, INTAKE_QUEUE, b"id", ACTORS)
    if received.envelope.raw != raw or received.args != (received,) or received.actor_name not in ACTORS:
        raise Broken("a message became a wrong call")
    if received.actor_name == MALFORMED:
        if received.envelope.problem is None:
            raise Broken("a malformed message without a reason")
        return
    _request(received.envelope.kwargs)


def _request(kwargs: Mapping[str, Any]) -> None:
    try:
        request = read_payment_required(kwargs)
    except InvalidMessage as refused:
        if not refused.problems:
            raise Broken("refused without a reason") from refused
        return
    if not kwargs.keys() <= KNOWN_FIELDS or request.amount.minor <= 0:
        raise Broken("a request was taken that says more, or asks for nothing")
    text = orjson.dumps([request.auction_id, request.buyer_id, request.title, dict(request.metadata)])
    if b"\\u0000" in text:
        raise Broken("a request was taken whose words no row can hold")


def changed(example: Any, dice: Dice) -> Any:
    """A copy with a few odd values in places that the dice choose."""
    copy = orjson.loads(orjson.dumps(example))
    for _ in range(1 + dice.below(_MOST_CHANGES)):
        _change(copy, dice)
    return copy


def _change(document: Any, dice: Dice) -> None:
    while True:
        keys: Sequence[Any] = sorted(document) if isinstance(document, dict) else range(len(document))
        if not keys:
            return
        key = dice.pick(keys)
        inner = document[key]
        if isinstance(inner, dict | list) and inner and dice.below(4):
            document = inner
            continue
        if dice.below(8) == 0 and isinstance(document, dict):
            del document[key]
        else:
            document[key] = dice.value()
        return


def _signed(body: bytes) -> str:
    seconds = int(NOW.timestamp())
    return f"t={seconds},v1={hmac.new(SECRET.encode(), b'%d.' % seconds + body, hashlib.sha256).hexdigest()}"


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


TARGETS: Final[Mapping[str, Callable[[bytes], None]]] = {
    "signature": signature,
    "webhook": webhook,
    "message": message,
}
