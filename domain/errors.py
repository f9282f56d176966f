"""What can go wrong, as a tree. The branch an error hangs on decides who heals it.

* `TransientError` heals by itself: the work is tried again, with backoff, for as long as it takes.
* `PermanentError` needs a person: the work is kept whole as a dead letter with its reason.

Something that is already done is neither; it is a plain return.
"""

from typing import Final
from uuid import UUID


class GavelpayError(Exception):
    """The root of every error that this system raises on purpose."""

    #: A stable code for programs, shown in problem details, dead letters and logs.
    code: str = "error"


class TransientError(GavelpayError):
    """Heals by itself; try again later."""

    code = "transient"


class PermanentError(GavelpayError):
    """Needs a person; trying again will not help."""

    code = "permanent"


class GatewayUnavailable(TransientError):
    """A service did not answer, or asked us to come back later. Whether it did the work is *unknown*."""

    code = "gateway_unavailable"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        #: Seconds that the service itself asked us to wait, where it did.
        self.retry_after = retry_after


class GatewayFaulted(GatewayUnavailable):
    """The service answered with an error of its own. It may have done the work, and it may repeat this answer."""

    code = "gateway_faulted"


class GatewayBusy(GatewayUnavailable):
    """The service refused before doing anything: a rate limit, a lock, or our own open circuit."""

    code = "gateway_busy"


class KeyReused(GatewayUnavailable):
    """The service has done something under this key before, asked with other parameters. What, must be looked up."""

    code = "gateway_key_reused"


class FaultSaved(GatewayUnavailable):
    """The service has saved an error of its own under this key, says so, and will only ever repeat it.

    It may have done the work before: that must be looked up.
    """

    code = "gateway_fault_saved"


#: Codes of answers after which a key is used up: nobody can do anything under it any more. An error alone is no proof
#: of that: the next try under the same key may do the work, and so may one of before that is still on its way.
USED_UP: Final = frozenset({KeyReused.code, FaultSaved.code})


class GatewayRefused(PermanentError):
    """A service understood the request and will never carry it out."""

    code = "gateway_refused"

    def __init__(self, message: str, *, provider_code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.provider_code = provider_code
        self.param = param


class ReceiverGone(PermanentError):
    """A receiver of outgoing events answered that it is gone for good, and wants no more of them."""

    code = "receiver_gone"


class UnknownProviderStatus(PermanentError):
    """A service reported a status that this release does not know. It is never guessed."""

    code = "unknown_provider_status"


class IllegalTransition(PermanentError):
    """The lifecycle has no such move."""

    code = "illegal_transition"


class InvalidMessage(PermanentError):
    """A message that cannot be understood, with every problem it has."""

    code = "invalid_message"

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {reason}" for field, reason in problems))
        #: Pairs of field and reason, in the message's order.
        self.problems = problems


class InvalidMoney(PermanentError):
    """An amount that no currency could have, or that Stripe would not take."""

    code = "invalid_money"


class OfferRefused(PermanentError):
    """A well-formed request that the rules do not permit. `code` tells which rule; it never changes."""

    def __init__(self, code: str, message: str, *, blocked_by: UUID | None = None) -> None:
        super().__init__(message)
        self.code = code
        #: The payment that is in its way. For our own books: whoever asks is told nothing of other payments.
        self.blocked_by = blocked_by


class ActRefused(PermanentError):
    """An operator asked for something that the rules forbid. It is audited as refused. `code` tells which rule."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class UnmatchedEvent(PermanentError):
    """A Stripe event that belongs to no payment of ours, or to another account or mode."""

    code = "unmatched_event"


class EventTooEarly(TransientError):
    """A Stripe event about something that we have not heard of yet. It waits for its cause."""

    code = "event_too_early"


class NotFound(PermanentError):
    """There is no such thing here."""

    code = "not_found"


class LeaseLost(TransientError):
    """Another worker has taken the work over; what this one found is not written."""

    code = "lease_lost"
