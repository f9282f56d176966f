"""What can become of a webhook, and what Stripe is told about it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from gateways.stripe.signatures import SignatureProblem
from webhook_ingest.asgi import CLOSE, Answer, problem

#: Seconds. Stripe has its own schedule; proxies and people read it.
_RETRY_AFTER: Final = (b"retry-after", b"5")


class Outcome(StrEnum):
    """What became of a webhook, as it is counted. What is not stored comes again: Stripe repeats it for days."""

    #: Durable now, or already before.
    STORED = "stored"
    #: Signed, and no Stripe event.
    NOT_AN_EVENT = "not_an_event"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    #: PostgreSQL is away.
    UNAVAILABLE = "unavailable"
    #: Too many events wait already.
    OVERLOADED = "overloaded"
    #: The commit took too long. The event may be stored all the same; the repeat will find it.
    OVERDUE = "overdue"
    #: The process was told to stop, and had no more time for this one.
    STOPPING = "stopping"
    #: This one event could not be stored, for a reason that the log tells.
    FAILED = "failed"


def _later(outcome: Outcome, sentence: str) -> Answer:
    return problem(503, outcome.value, sentence, _RETRY_AFTER)


def _refusal(sentence: str) -> Answer:
    return problem(400, "bad_signature", sentence)


#: The answer to each outcome.
ANSWERS: Final[Mapping[Outcome, Answer]] = {
    Outcome.STORED: Answer(200, b'{"received": true}'),
    Outcome.NOT_AN_EVENT: problem(400, "not_an_event", "The body is no Stripe event."),
    Outcome.TOO_LARGE: problem(413, "too_large", "The body is too large.", CLOSE, early=True),
    Outcome.TOO_SLOW: problem(408, "too_slow", "The body took too long to arrive."),
    Outcome.UNAVAILABLE: _later(Outcome.UNAVAILABLE, "The event could not be stored."),
    Outcome.OVERLOADED: _later(Outcome.OVERLOADED, "Too many events are waiting to be stored."),
    Outcome.OVERDUE: _later(Outcome.OVERDUE, "Storing the event took too long."),
    Outcome.STOPPING: _later(Outcome.STOPPING, "The process is stopping."),
    Outcome.FAILED: _later(Outcome.FAILED, "The event could not be stored."),
}
#: The answer to each signature that was refused. Stripe shows it to whoever set the endpoint up.
REFUSALS: Final[Mapping[SignatureProblem, Answer]] = {
    SignatureProblem.MISSING: _refusal("There is no Stripe-Signature header."),
    SignatureProblem.MALFORMED: _refusal("The Stripe-Signature header needs exactly one t, and a v1."),
    SignatureProblem.WRONG: _refusal("None of our secrets fits the Stripe-Signature header."),
    SignatureProblem.TOO_OLD: _refusal("The signature is too old."),
    SignatureProblem.IN_THE_FUTURE: _refusal("The signature is dated in the future."),
}
