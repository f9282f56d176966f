"""Whether a message would be taken: its envelope, its actor, and the rules of what it carries."""

from typing import Final

from domain.bells import BELLS
from domain.errors import InvalidMessage
from domain.messages import read_payment_required
from domain.queues import INTAKE, QUEUES
from gateways.queue.bells import queue_of
from gateways.queue.received import Envelope, receive

#: Actors that messages may name.
_ACTORS: Final = frozenset({INTAKE, *BELLS})


def check_message(queue: str, message: bytes) -> str | None:
    """What is wrong with a message on its way to a queue, by the rules that workers read it with; None: nothing.

    What only the database knows, such as a payment that exists already, is found when it is done.
    """
    if queue not in QUEUES:
        return f"there is no queue {queue}"
    envelope = receive(message, queue, None, _ACTORS).envelope
    if envelope.problem is not None:
        return str(envelope.problem)
    home = queue_of(envelope.actor)
    if home != queue:
        return f"{envelope.actor} is answered on the queue {home}"
    return _carried(envelope)


def _carried(envelope: Envelope) -> str | None:
    if envelope.actor != INTAKE:
        return "kwargs: a bell carries nothing" if envelope.kwargs else None
    try:
        read_payment_required(envelope.kwargs)
    except InvalidMessage as problem:
        return str(problem)
    return None


def has_sound_envelope(queue: str, message: bytes) -> bool:
    """Whether only what the message carries can be wrong."""
    return receive(message, queue, None, _ACTORS).envelope.problem is None
