"""The tables. Their columns are the fields of the records in `domain/`; constraints carry the guarantees."""

from models.tables.audit import AUDIT, SECURITY_EVENTS
from models.tables.messaging import AUCTIONS, DEAD_LETTERS, DELIVERIES, ENDPOINTS, OUTBOX, WEBHOOK_EVENTS
from models.tables.money import DISPUTES, LEDGER, REFUNDS, TRANSACTIONS
from models.tables.notices import NOTIFICATIONS
from models.tables.operating import PROCESSES, QUEUE_PAUSES
from models.tables.payments import ATTEMPTS, SESSIONS
from models.tables.receipts import RECEIPTS, SERIES
from models.tables.reconciling import CURSORS, DIFFERENCES, RUNS
from models.tables.requests import KEYED_REQUESTS
from models.tables.risk import PAYMENT_METHODS, RISK_SIGNALS
from models.tables.schema import METADATA

__all__ = [
    "ATTEMPTS",
    "AUCTIONS",
    "AUDIT",
    "CURSORS",
    "DEAD_LETTERS",
    "DELIVERIES",
    "DIFFERENCES",
    "DISPUTES",
    "ENDPOINTS",
    "KEYED_REQUESTS",
    "LEDGER",
    "METADATA",
    "NOTIFICATIONS",
    "OUTBOX",
    "PAYMENT_METHODS",
    "PROCESSES",
    "QUEUE_PAUSES",
    "RECEIPTS",
    "REFUNDS",
    "RISK_SIGNALS",
    "RUNS",
    "SECURITY_EVENTS",
    "SERIES",
    "SESSIONS",
    "TRANSACTIONS",
    "WEBHOOK_EVENTS",
]
