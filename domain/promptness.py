"""How soon each kind of work is promised to be done once it is due.

A backlog is judged by this: the same ten minutes are nothing to a receipt's mail and a lost sale to a checkout.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from domain import bells
from domain.endpoint import BELL_OF
from domain.queues import INTAKE

#: For each queue: whoever waits, and how long they may.
PROMISED: Final[Mapping[str, timedelta]] = {
    INTAKE: timedelta(seconds=10),  # a buyer looks at "you have won" and wants a link
    **{
        bells.queue_of(bell): promised
        for bell, promised in {
            bells.OPEN_CHECKOUTS: timedelta(seconds=10),  # the same buyer
            bells.PROCESS_EVENTS: timedelta(seconds=30),  # what was paid must be seen to be paid within this time
            bells.EXPIRE_WINDOWS: timedelta(seconds=60),  # the next bidder waits
            bells.OPEN_RETRIES: timedelta(seconds=60),
            bells.SEND_REFUNDS: timedelta(minutes=5),
            **dict.fromkeys(BELL_OF.values(), timedelta(minutes=1)),  # services that act on what they are told
            bells.SEND_NOTICES: timedelta(minutes=5),  # a reminder two hours before the end bears it
            bells.ISSUE_RECEIPTS: timedelta(minutes=2),
            bells.RECONCILE_EVENTS: timedelta(minutes=5),  # the second way by which news come
            bells.RECONCILE_ATTEMPTS: timedelta(minutes=5),
            bells.EXPLAIN_MONEY: timedelta(minutes=15),
            bells.PRUNE_OLD: timedelta(hours=12),  # months are made ready two of them ahead
        }.items()
    },
}
