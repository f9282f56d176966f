"""Dead letters in words."""

from collections.abc import Mapping, Sequence
from typing import Final

from console.desk.figures import last8
from console.desk.standing import Badge
from domain.endpoint import Endpoint
from domain.messaging import DeadLetter
from models.dead_letters import LetterGroup
from services.deliver_events import DELIVERIES_QUEUE
from services.letter_outcomes import Became

STATES: Final[Mapping[str, Badge]] = {
    "dead": Badge("bad", "i-dead", "Waits for you"),
    "requeued": Badge("good", "i-refund", "Put back"),
    "discarded": Badge("end", "i-canceled", "Discarded"),
}
#: Stable words for what was wrong, as people say it.
_CAUSES: Final[Mapping[str, str]] = {
    "invalid_message": "The message is not valid",
    "unknown_actor": "Nobody is called so",
    "unexpected_error": "An error that nobody foresaw",
    "given_up": "The receiver did not take it for three days",
    "receiver_gone": "The receiver is gone",
    "seller_is_buyer": "The seller cannot buy the own lot",
    "amount_differs": "The amount differs",
}
#: Causes that lie in the message: time does not heal them.
IN_THE_MESSAGE: Final = frozenset({"invalid_message", "unknown_actor"})
_YES: Final = Badge("good", "i-completed", "Yes")
_NO: Final = Badge("bad", "i-failed", "No")
_NOT_BY_ITSELF: Final = Badge("wait", "i-info", "Cannot heal")
_NOT_TESTED: Final = Badge("plain", "i-info", "Not known")
_ROWS: Final[Mapping[str, str]] = {
    "waiting": "It is on its way again.",
    "sent": "It was received.",
    "given_up": "It gave up again.",
    "dropped": "It was dropped.",
    "queued": "It is being sent.",
    "numbered": "It is being printed.",
    "issued": "The receipt is issued.",
    "stuck": "The receipt is stuck: a person must look.",
    "refused": "It was refused.",
}


def cause(reason: str) -> str:
    """Why it gave up."""
    if reason in _CAUSES:
        return _CAUSES[reason]
    said = reason.replace("_", " ")
    return said[:1].upper() + said[1:]


def heals(group: LetterGroup, endpoints: Mapping[str, Endpoint]) -> tuple[Badge, str]:
    """Whether its cause has gone, as far as anything tells."""
    if group.reason in IN_THE_MESSAGE:
        return _NOT_BY_ITSELF, "correct the message, then put it back"
    endpoint = endpoints.get(group.actor.partition(":")[0]) if group.queue == DELIVERIES_QUEUE else None
    if endpoint is None:
        return _NOT_TESTED, "put one back and see what becomes of it"
    if endpoint.state != "healthy":
        return _NO, f"{endpoint.name} is {endpoint.state}" + (f": {endpoint.last_error}" if endpoint.last_error else "")
    if endpoint.last_received_at and endpoint.last_received_at > group.last:
        return _YES, f"{endpoint.name} has received others since"
    return _NOT_TESTED, f"{endpoint.name} has been told nothing since"


def headline(groups: Sequence[LetterGroup]) -> str:
    """How much waits for a person."""
    count = sum(one.letters for one in groups)
    if not count:
        return "No dead letters."
    return "One message gave up and waits for a person." if count == 1 else f"{count:,} messages wait for a person."


def became(found: Became) -> tuple[str, str | None]:
    """What became of it, and where one sees that."""
    if found.what == "dead_again":
        return "It gave up again for the same reason.", f"/console/dead-letters/{found.id}"
    if found.what == "payment":
        return f"There is a payment for its auction: {last8(found.id)}.", f"/console/payments/{found.id}"
    if found.what == "not_yet":
        return "Nothing yet: it waits in the queue, or is in hand.", "/console/queues"
    return _ROWS.get(found.what, "A bell leaves no trace: the work that it rang for is in the database."), None


def times(letter: DeadLetter) -> str:
    """How often it came."""
    return "once" if letter.copies == 1 else f"{letter.copies:,} times"
