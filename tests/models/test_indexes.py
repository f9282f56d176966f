"""What is asked again and again of tables that only grow is found by an index made for it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from domain.bells import EXPIRE_WINDOWS, OPEN_RETRIES
from models import differences, due, lines, load, needs, overview, receipts, schema
from models.audit_lists import WantedEntries
from models.database import Database
from models.dead_letters import WantedLetters
from models.trust_lists import _HELD
from models.work import ATTEMPT_WORK, DELIVERY_WORK, NOTICE_WORK, RECEIPT_WORK
from runtime import gauges
from services.replay_events import WantedEvents

ASKED = {
    "deliveries that are due": (
        f"SELECT 1 FROM deliveries r WHERE {DELIVERY_WORK._chosen(['endpoint'])} ORDER BY due_at LIMIT 1",
        ["deliveries_due", "deliveries_order"],
    ),
    "currencies in which money came lately": (differences.RECENT_CURRENCIES, ["transactions_pkey"]),
    "notices that are due": (
        f"SELECT 1 FROM notifications r WHERE {NOTICE_WORK._chosen(None)} ORDER BY due_at LIMIT 1",
        ["notifications_due"],
    ),
    "checkouts to be opened": (
        f"SELECT 1 FROM checkout_attempts r WHERE {ATTEMPT_WORK._chosen(())} ORDER BY deadline, due_at LIMIT 1",
        ["checkout_attempts_urgent"],
    ),
    "retries that are due": (due._COUNTS[OPEN_RETRIES], ["payment_sessions_next_attempt"]),
    "windows that are over": (due._COUNTS[EXPIRE_WINDOWS], ["payment_sessions_due"]),
    "receipts to be printed": (
        f"SELECT 1 FROM receipts r WHERE {RECEIPT_WORK._chosen(None)} ORDER BY due_at LIMIT 1",
        ["receipts_due"],
    ),
    "receipts to be numbered": (
        f"SELECT 1 FROM receipts r WHERE {receipts.READY} ORDER BY r.id LIMIT 1",
        ["receipts_wanted", "transactions_pkey", "receipts_one_per_transaction"],
    ),
    "work that waits, by queue": (
        load.LOADS,
        "payment_sessions_due payment_sessions_next_attempt checkout_attempts_due checkout_attempts_look_up"
        " webhook_events_waiting receipts_due receipts_wanted refunds_due notifications_due deliveries_due".split(),
    ),
    "what waits for each queue": (
        lines.LINES,
        "payment_sessions_due payment_sessions_next_attempt checkout_attempts_due checkout_attempts_look_up"
        " webhook_events_waiting receipts_due receipts_wanted refunds_due notifications_due deliveries_due".split(),
    ),
    "dead letters that wait": (
        f"SELECT 1 FROM dead_letters r WHERE {WantedLetters().condition} ORDER BY r.id DESC LIMIT 9",
        ["dead_letters_waiting"],
    ),
    "events that were set aside": (
        f"SELECT FROM webhook_events r WHERE {WantedEvents(status='set_aside').condition} ORDER BY received_at LIMIT 9",
        ["webhook_events_set_aside"],
    ),
    "events that were not received": (
        "SELECT 1 FROM deliveries r WHERE r.status = 'given_up' ORDER BY r.event_id DESC LIMIT 31",
        ["deliveries_not_sent"],
    ),
    "letters that never arrived": (
        "SELECT 1 FROM notifications r WHERE r.status = 'refused' ORDER BY r.id DESC LIMIT 31",
        ["notifications_not_sent"],
    ),
    "what people did": (
        f"SELECT 1 FROM audit_entries r WHERE {WantedEntries(people=True).condition} ORDER BY r.at DESC LIMIT 31",
        ["audit_entries_people"],
    ),
    "signals that weigh something": (
        "SELECT 1 FROM risk_signals r WHERE r.points > 0 ORDER BY r.at DESC LIMIT 31",
        ["risk_signals_at"],
    ),
    "security events of a time": (
        "SELECT kind, count(*) FROM security_events WHERE at >= %(now)s GROUP BY 1",
        ["security_events_at"],
    ),
    "payments that wait for a decision": (
        _HELD,
        ["payment_sessions_held", "transactions_held"],
    ),
    "what metrics show": (
        gauges._STANDING,
        ["notifications_due", "receipts_stuck", "receipts_wanted", "receipts_due"],
    ),
    "money collected in a span": (overview._COLLECTED, ["transactions_kept"]),
    "who paid in a span": (overview._PAID, ["payment_sessions_completed"]),
    "who did not": (overview._CLOSED, ["payment_sessions_closed"]),
    "how late webhooks were": (overview._LAGS, ["webhook_events_received"]),
    "what is open": (overview._WINDOWS, ["payment_sessions_due"]),
    "what gave up or was set aside": (needs._MANY, ["webhook_events_set_aside"]),
    "what waits for people": (
        needs._NEEDS,
        ["payment_sessions_held", "receipts_stuck", "disputes_open"],
    ),
}


@pytest.mark.parametrize("what", ASKED)
def test_it_is(database_url: str, what: str) -> None:
    statement, indexes = ASKED[what]
    database = Database(database_url, pool_size=1)
    try:
        schema.migrate(database)
        with database.transaction() as connection:
            connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
            now = datetime.now(UTC)
            span = {"before": now, "since": now, "until": now, "step": 60.0, "slice": timedelta(minutes=1)}
            params = {
                "most": 60,
                "now": now,
                "endpoint": "queue",
                "edges": [0.0, 60.0],
                "floor": uuid4(),
                "grace": timedelta(seconds=10),
            } | span
            params["status"] = "dead" if "dead_letters" in statement else "set_aside"
            plan = " \n".join(row[0] for row in connection.execute(f"EXPLAIN {statement}", params))
            # An index of a table that is kept by the month has a part for each.
            parts = "SELECT inhrelid::regclass::text, inhparent::regclass::text FROM pg_inherits"
            for part, whole in connection.execute(parts):
                plan = plan.replace(f" {part} ", f" {whole} ")
    finally:
        database.close()
    assert [index for index in indexes if f" {index} " not in plan] == []
    assert "Seq Scan on receipts" not in plan
