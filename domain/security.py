"""What happens to the system rather than to a payment: attacks, refusals, acts on keys. It has a chain of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from domain.masking import mask_card_numbers
from domain.payment import Note

#: The audit chain of all security events. No payment has this id.
SECURITY_CHAIN: Final = UUID(int=0)

#: Webhooks with a bad signature in a minute, in one process, above which somebody is told. A secret that was rolled on
#: one side only, or a scanner of the whole internet, stays below it for a while; a flood does not.
FORGED_PER_MINUTE: Final = 20
#: One flood is one event in this time, however many processes see it.
FLOOD_INTERVAL: Final = timedelta(minutes=5)
#: So often it is told, for each column, that values of it cannot be opened.
UNREADABLE_INTERVAL: Final = timedelta(hours=1)

#: Who acts for the house, by the first part of an actor. A buyer whose retry is refused is no security event.
_STAFF: Final = frozenset({"admin", "support", "auditor", "operator", "console", "cli"})
_LONGEST: Final = 500


class SecurityEventKind(StrEnum):
    """What kind of thing happened."""

    #: Webhooks with bad signatures above a rate: somebody guesses, or a secret is wrong on one side.
    FORGED_WEBHOOKS = "forged_webhooks"
    #: An operator asked for what the rules forbid.
    ACT_REFUSED = "act_refused"
    #: A caller asked for what its role may not do, or with a bad token.
    ACCESS_DENIED = "access_denied"
    #: Values were encrypted again under another key.
    KEYS_ROTATED = "keys_rotated"
    #: Stored values that none of our keys opens: a key was taken away too early, or somebody changed them.
    UNREADABLE_VALUES = "unreadable_values"
    #: Outgoing events to one endpoint were stopped, by a person or because the receiver said that it is gone.
    ENDPOINT_PAUSED = "endpoint_paused"
    ENDPOINT_RESUMED = "endpoint_resumed"
    #: A person had our books compared with Stripe's.
    RECONCILIATION_ASKED = "reconciliation_asked"
    #: A person took a copy of audit entries away.
    AUDIT_EXPORTED = "audit_exported"
    #: Somebody signed where all audit chains end.
    AUDIT_HEADS_SIGNED = "audit_heads_signed"
    #: Outgoing events were sent again, or given up, by a person.
    EVENTS_RESENT = "events_resent"
    EVENTS_DROPPED = "events_dropped"
    #: A person had nothing more taken from a queue, or had it taken again.
    QUEUE_PAUSED = "queue_paused"
    QUEUE_RESUMED = "queue_resumed"
    #: Dead letters that a person put back, as they were or corrected, or let go.
    LETTERS_PUT_BACK = "letters_put_back"
    LETTER_CORRECTED = "letter_corrected"
    LETTERS_DISCARDED = "letters_discarded"
    #: Stripe's events that a person had processed again.
    WEBHOOKS_REPLAYED = "webhooks_replayed"
    #: … or let webhooks go that had been set aside.
    WEBHOOKS_DISMISSED = "webhooks_dismissed"
    #: What was old and over was let go.
    OLD_PRUNED = "old_pruned"
    #: A list of payments left the house in a file.
    PAYMENTS_EXPORTED = "payments_exported"


@dataclass(slots=True)
class SecurityEvent:
    """Something that somebody should know of. Its fields are the columns of `security_events`."""

    id: UUID
    kind: str
    actor: str
    at: datetime
    #: The payment that it is about, if any.
    session_id: UUID | None
    data: dict[str, Any]
    #: Its place in the security chain.
    audit_seq: int = 0

    def note(self) -> Note:
        """The same as a link of the security chain."""
        about = {} if self.session_id is None else {"session_id": str(self.session_id)}
        return Note(self.kind, self.at, self.actor, {"event_id": str(self.id)} | about | self.data)


def tidy(data: Mapping[str, object]) -> dict[str, Any]:
    """Data that may be kept for good: short, without card numbers, and nothing but plain values."""
    return {name: _tidy(value) for name, value in data.items() if value is not None}


def _tidy(value: object) -> Any:
    if isinstance(value, (bool, int)):
        return value
    if isinstance(value, Mapping):
        return {str(name): _tidy(one) for name, one in value.items()}
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return mask_card_numbers(text[:_LONGEST]).replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def is_refused_act(note: Note) -> bool:
    """Whether a payment's note says that an operator was refused something."""
    return note.action.endswith("_refused") and note.actor.partition(":")[0] in _STAFF
