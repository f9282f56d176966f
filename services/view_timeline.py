"""All that happened around one payment: its audit chain, Stripe's events, mails, and what other services were told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.errors import NotFound
from domain.messaging import AuditEntry, Delivery, OutgoingEvent, StoredEvent
from domain.notice import Notice
from domain.payment import Payment
from models import notices
from models.deliveries import Deliveries
from models.records import AUDIT
from models.unit_of_work import Begin

#: Of each kind, the newest are read; what is older stands in the audit trail's export.
MOST: Final = 400


@dataclass(frozen=True, slots=True)
class Happened:
    """What is known of one payment."""

    payment: Payment
    audit: Sequence[AuditEntry]
    events: Sequence[StoredEvent]
    notices: Sequence[Notice]
    deliveries: Sequence[tuple[Delivery, OutgoingEvent]]


@dataclass(frozen=True, slots=True)
class ViewTimeline:
    """Reads for the page of one payment."""

    begin: Begin

    def __call__(self, session_id: UUID) -> Happened:
        """Everything, in one transaction; raises `NotFound`."""
        with self.begin() as uow:
            uow.at_one_moment()
            found = uow.payments.read([session_id])
            if not found:
                raise NotFound("there is no such payment")
            mine = "r.session_id = %(session_id)s"
            rows = uow.connection.execute(
                f"SELECT {AUDIT.selection} FROM audit_entries r WHERE {mine} ORDER BY r.seq DESC LIMIT %(most)s",  # noqa: S608
                {"session_id": session_id, "most": MOST},
            )
            audit = [AUDIT.load(row, uow.cipher) for row in rows]
            newest = f"{mine} ORDER BY r.received_at DESC LIMIT %(most)s"
            events = uow.inbox.find(newest, session_id=session_id, most=MOST)
            told = notices.find(uow.connection, uow.cipher, mine, MOST, session_id=session_id)
            auction = found[0].session.auction_id
            deliveries = Deliveries(uow.connection, uow.cipher).of_payment(auction, session_id, MOST)
        return Happened(found[0], audit, events, told, deliveries)
