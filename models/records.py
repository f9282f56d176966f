"""Which record is a row of which table."""

from typing import Final

from domain.attempt import CheckoutAttempt
from domain.cursor import Cursor
from domain.dispute import Dispute
from domain.endpoint import Endpoint
from domain.keyed_request import KeyedRequest
from domain.messaging import AuditEntry, DeadLetter, Delivery, OutgoingEvent, StoredEvent
from domain.movements import Difference
from domain.notice import Notice
from domain.payment_method import PaymentMethod
from domain.receipt import Receipt
from domain.reconciliation import ReconciliationRun
from domain.risk import RiskSignal
from domain.security import SecurityEvent
from domain.session import PaymentSession
from domain.transaction import Refund, Transaction
from models import tables
from models.mapping import RecordTable

SESSIONS: Final = RecordTable(tables.SESSIONS, PaymentSession)
ATTEMPTS: Final = RecordTable(tables.ATTEMPTS, CheckoutAttempt)
TRANSACTIONS: Final = RecordTable(tables.TRANSACTIONS, Transaction)
REFUNDS: Final = RecordTable(tables.REFUNDS, Refund)
RECEIPTS: Final = RecordTable(tables.RECEIPTS, Receipt)
DISPUTES: Final = RecordTable(tables.DISPUTES, Dispute)
RISK_SIGNALS: Final = RecordTable(tables.RISK_SIGNALS, RiskSignal, identity=("session_id", "kind", "source"))
METHODS: Final = RecordTable(tables.PAYMENT_METHODS, PaymentMethod)
AUDIT: Final = RecordTable(tables.AUDIT, AuditEntry, identity=("session_id", "seq"))
EVENTS: Final = RecordTable(tables.WEBHOOK_EVENTS, StoredEvent, month=("created",))
OUTBOX: Final = RecordTable(tables.OUTBOX, OutgoingEvent)
DELIVERIES: Final = RecordTable(tables.DELIVERIES, Delivery, identity=("event_id", "endpoint"))
ENDPOINTS: Final = RecordTable(tables.ENDPOINTS, Endpoint, identity=("name",))
DEAD_LETTERS: Final = RecordTable(tables.DEAD_LETTERS, DeadLetter)
CURSORS: Final = RecordTable(tables.CURSORS, Cursor, identity=("name",))
RUNS: Final = RecordTable(tables.RUNS, ReconciliationRun)
DIFFERENCES: Final = RecordTable(tables.DIFFERENCES, Difference)
SECURITY_EVENTS: Final = RecordTable(tables.SECURITY_EVENTS, SecurityEvent)
NOTICES: Final = RecordTable(tables.NOTIFICATIONS, Notice)
KEYED_REQUESTS: Final = RecordTable(tables.KEYED_REQUESTS, KeyedRequest)
