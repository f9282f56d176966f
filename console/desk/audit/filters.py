"""What the audit trail can be narrowed to, as it stands in addresses."""

from typing import Final
from uuid import UUID

from console.desk import lists
from domain.security import SECURITY_CHAIN
from models.audit_lists import WantedEntries

BASE: Final = "/console/audit"
NAMES: Final = ("chain", "who", "kind", "since", "until", "by")
_SECURITY: Final = "security"
#: What filters are called where they are set.
WORDS: Final = {"chain": "payment", "since": "from", f"chain={_SECURITY}": "the security chain", "by=all": "everybody"}


def wanted_of(filters: lists.Filters) -> WantedEntries:
    """The entries that are asked for; by itself only what people did."""
    chain, by = chain_of(filters), filters.word("by", ["all"])
    narrowed = chain is not None or filters.text("who") is not None
    return WantedEntries(
        chain,
        filters.text("who"),
        filters.text("kind"),
        filters.day("since"),
        filters.day("until", over=True),
        people=by is None and not narrowed,
    )


def chain_of(filters: lists.Filters) -> UUID | None:
    """The one chain that is asked for; None: any."""
    return SECURITY_CHAIN if filters["chain"] == _SECURITY else filters.id("chain")
