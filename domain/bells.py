"""The names of the actors that bells ring for. A bell carries no work: it says that there is some in the database."""

from typing import Final

#: Bells. Each names an actor in `actors/`; the work itself is rows that are due.
OPEN_CHECKOUTS: Final = "checkouts.open"
PROCESS_EVENTS: Final = "events.process"
OPEN_RETRIES: Final = "retries.open"
EXPIRE_WINDOWS: Final = "windows.expire"
SEND_REFUNDS: Final = "refunds.send"
#: One for each endpoint of outgoing events, so that none takes the threads of another.
TELL_AUCTION: Final = "tell_auction.send"
TELL_ORDER: Final = "tell_order.send"
TELL_QUEUE: Final = "tell_queue.send"
MIRROR_WINDOWS: Final = "mirror.reconcile"
RECONCILE_EVENTS: Final = "event_list.read"
RECONCILE_ATTEMPTS: Final = "lookups.ask"
EXPLAIN_MONEY: Final = "money.explain"
SEND_NOTICES: Final = "notices.send"
ISSUE_RECEIPTS: Final = "receipts.issue"
PRUNE_OLD: Final = "upkeep.prune"
#: All of them.
BELLS: Final = (
    OPEN_CHECKOUTS,
    PROCESS_EVENTS,
    OPEN_RETRIES,
    EXPIRE_WINDOWS,
    SEND_REFUNDS,
    TELL_AUCTION,
    TELL_ORDER,
    TELL_QUEUE,
    MIRROR_WINDOWS,
    RECONCILE_EVENTS,
    RECONCILE_ATTEMPTS,
    EXPLAIN_MONEY,
    SEND_NOTICES,
    ISSUE_RECEIPTS,
    PRUNE_OLD,
)


def queue_of(bell: str) -> str:
    """The queue that a bell rings on."""
    return bell.partition(".")[0]
