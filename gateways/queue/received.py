"""A message as it came: read strictly, kept whole, and given back when its time has not come."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import orjson
from dramatiq import Message
from dramatiq.broker import MessageProxy

from domain.messages import MAX_BYTES

#: What of a message is read from the broker at most, where that can be bounded.
MOST_READ: Final = 8 * 1024 * 1024
#: What is longer is not kept whole: lists of dead letters read a page of them at once.
_KEPT_WHOLE: Final = 1024 * 1024
#: The actor that is handed what cannot be handed to any other. It is ours alone: no message can name it.
MALFORMED: Final = "gavelpay.malformed"
_FIELDS: Final[Mapping[str, type]] = {
    "queue_name": str,
    "actor_name": str,
    "args": list,
    "kwargs": dict,
    "options": dict,
    "message_id": str,
    "message_timestamp": int,
}
_OPTIONAL: Final = frozenset({"message_id", "message_timestamp"})
_SHOWN: Final = 100


class NotAMessage(ValueError):
    """Bytes that no actor of ours can be called with. `code` is a stable word for why, `actor` the one they name."""

    def __init__(self, code: str, why: str, actor: str = "") -> None:
        super().__init__(why)
        self.code = code
        self.actor = actor[:_SHOWN]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a message says, and the bytes that said it."""

    queue: str
    raw: bytes
    actor: str = ""
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    problem: NotAMessage | None = None


class Received(MessageProxy):
    """A message in a worker's hand.

    The actor is called with this object alone, whatever the message says: nothing that a producer writes can become
    a wrong call. Dramatiq finds it under the queue it was taken from, whatever queue it claims.
    """

    def __init__(self, envelope: Envelope, message: Message[Any], handle: Any) -> None:
        super().__init__(message)
        self.envelope = envelope
        #: What the broker knows it by; None for a bell that was rung within the process.
        self.handle = handle
        #: True if it goes back to its queue instead of being acknowledged.
        self.is_returned = False
        #: Others for the same actor that came with it: they are in the same hand, and each is settled for itself.
        self.also: list[Received] = []
        #: True if it needs nobody any more. Of those that came with another, all that are not done go back.
        self.is_done = False

    @property
    def together(self) -> list["Received"]:
        """It, and those that came with it."""
        return [self, *self.also]

    @property
    def args(self) -> tuple[Any, ...]:  # type: ignore[override]
        """What the actor is called with."""
        return (self,)

    @property
    def kwargs(self) -> dict[str, Any]:  # type: ignore[override]
        """Nothing: what the message says is in the envelope."""
        return {}

    def give_back(self) -> None:
        """Let it return to its queue, as if it had not been taken."""
        self.is_returned = True

    def __str__(self) -> str:
        # Dramatiq logs messages; their arguments may hold a buyer's address.
        return f"{self.actor_name}({self.message_id[:_SHOWN]})"

    __repr__ = __str__


def receive(raw: bytes, queue: str, handle: Any, actors: Container[str]) -> Received:
    """Make a message of bytes that came from a queue; it never fails.

    What is no message, or is for an actor that nobody is, is addressed to `MALFORMED`. So is what is longer than a
    message may be: it is not read, and of what is much longer only the beginning is kept.
    """
    try:
        _check_length(raw)
        fields = _read(raw)
        _check_actor(fields["actor_name"], actors)
    except NotAMessage as problem:
        bad: Message[Any] = Message(queue, MALFORMED, (), {}, _options(handle, {}), message_id=_text(handle))
        return Received(Envelope(queue, _kept(raw), problem.actor, problem=problem), bad, handle)
    options = fields["options"] if queue.endswith(".DQ") else {}
    message: Message[Any] = Message(
        queue,
        fields["actor_name"],
        (),
        fields["kwargs"],
        _options(handle, options),
        message_id=fields.get("message_id", _text(handle)),
        message_timestamp=fields.get("message_timestamp", 0),
    )
    return Received(Envelope(queue, raw, message.actor_name, message.kwargs), message, handle)


def local_bell(bell: str, queue: str) -> Received:
    """A bell that is rung within the process."""
    message: Message[Any] = Message(queue, bell, (), {}, {})
    return Received(Envelope(queue, b"", bell), message, None)


def _check_length(raw: bytes) -> None:
    if len(raw) <= MAX_BYTES:
        return
    more = " or more" if len(raw) >= MOST_READ else ""
    kept = "" if len(raw) <= _KEPT_WHOLE else ", of which the beginning is kept"
    which = f"{len(raw):,} bytes{more} with the SHA-256 {sha256(raw).hexdigest()}{kept}"
    raise NotAMessage("invalid_message", f"it is longer than {MAX_BYTES // 1024} KB: {which}")


def _kept(raw: bytes) -> bytes:
    """All of it, or its beginning: nobody would know a card number for one that is cut through."""
    return raw if len(raw) <= _KEPT_WHOLE else raw[:MAX_BYTES].rstrip(b"0123456789 -")


def _read(raw: bytes) -> dict[str, Any]:
    try:
        fields = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise NotAMessage("invalid_message", f"it is no JSON: {error}") from None
    if not isinstance(fields, dict):
        raise NotAMessage("invalid_message", f"it is no JSON object but {type(fields).__name__}")
    actor = fields.get("actor_name")
    problems = [f"{name}: is no field of a Dramatiq message" for name in sorted(fields.keys() - _FIELDS.keys())]
    for name, kind in _FIELDS.items():
        if name not in fields:
            problems += [] if name in _OPTIONAL else [f"{name}: is required"]
        elif not isinstance(fields[name], kind) or isinstance(fields[name], bool):
            problems.append(f"{name}: must be {kind.__name__}, not {type(fields[name]).__name__}")
    if not problems and fields["args"]:
        problems.append("args: only keyword arguments are taken")
    if problems:
        raise NotAMessage("invalid_message", "; ".join(problems)[:2000], actor if isinstance(actor, str) else "")
    return fields


def _check_actor(name: str, actors: Container[str]) -> None:
    if name not in actors or name == MALFORMED:
        raise NotAMessage("unknown_actor", f"no actor is called {name[:_SHOWN]!r}", name)


def _options(handle: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The options that we honor: the time before which a delayed message is not due. No other option does anything."""
    eta = given.get("eta")
    due = {"eta": eta} if isinstance(eta, int) and not isinstance(eta, bool) else {}
    return {"redis_message_id": _text(handle)} | due


def _text(handle: Any) -> str:
    return handle.decode(errors="backslashreplace") if isinstance(handle, bytes) else str(handle)
