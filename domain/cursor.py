"""How far something outside has been read, as a row that one worker at a time has in hand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

#: Stripe's list of events.
STRIPE_EVENTS: Final = "stripe_events"
#: Stripe's list of movements on our balance.
STRIPE_BALANCE: Final = "stripe_balance"
#: Stripe's movements that its list did not show, and that are asked for singly: whose turn it was last.
STRIPE_FEES: Final = "stripe_fees"
#: Nothing outside, but how far what is old was let go.
PRUNING: Final = "pruning"


@dataclass(slots=True)
class Cursor:
    """Its fields are the columns of `cursors`."""

    name: str
    value: dict[str, Any]
    updated_at: datetime
    #: When it is next worth a thought whether to read on.
    due_at: datetime | None = None
    tries: int = 0
    leased_until: datetime | None = None
    fence: int = 0
