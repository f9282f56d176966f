"""All actors there are."""

from collections.abc import Mapping
from typing import Final

from actors.actor import Actor, Intake
from actors.checkouts import open_checkouts
from actors.deliveries import DELIVERING
from actors.events import process_events
from actors.intake import payment_required
from actors.mirror import mirror_windows
from actors.notices import send_notices
from actors.receipts import issue_receipts
from actors.reconciliation import explain_money, reconcile_attempts, reconcile_events
from actors.refunds import send_refunds
from actors.retries import open_retries
from actors.upkeep import prune_old
from actors.windows import expire_windows

INTAKES: Final[tuple[Intake, ...]] = (payment_required,)
ACTORS: Final[Mapping[str, Actor]] = {
    one.name: one
    for one in (
        open_checkouts,
        process_events,
        expire_windows,
        open_retries,
        send_refunds,
        *DELIVERING,
        mirror_windows,
        reconcile_events,
        reconcile_attempts,
        explain_money,
        send_notices,
        issue_receipts,
        prune_old,
    )
}
QUEUES: Final[tuple[str, ...]] = (*(one.queue for one in INTAKES), *(one.queue for one in ACTORS.values()))
