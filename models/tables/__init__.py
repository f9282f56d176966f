"""The tables. Their columns are the fields of the records in `domain/`; constraints carry the guarantees."""

from models.tables.audit import AUDIT, SECURITY_EVENTS
from models.tables.messaging import AUCTIONS, DEAD_LETTERS, DELIVERIES, OUTBOX, WEBHOOK_EVENTS
from models.tables.payments import ATTEMPTS, DISPUTES, LEDGER, REFUNDS, SESSIONS, TRANSACTIONS
from models.tables.schema import METADATA

__all__ = [
    "ATTEMPTS",
    "AUCTIONS",
    "AUDIT",
    "DEAD_LETTERS",
    "DELIVERIES",
    "DISPUTES",
    "LEDGER",
    "METADATA",
    "OUTBOX",
    "REFUNDS",
    "SECURITY_EVENTS",
    "SESSIONS",
    "TRANSACTIONS",
    "WEBHOOK_EVENTS",
]
