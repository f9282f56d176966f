"""What is asked again and again of tables that only grow is found by an index made for it."""

from datetime import UTC, datetime

import pytest

from models import receipts, schema
from models.database import Database
from models.work import DELIVERY_WORK, NOTICE_WORK, RECEIPT_WORK
from runtime import gauges

ASKED = {
    "deliveries that are due": (
        f"SELECT 1 FROM deliveries r WHERE {DELIVERY_WORK._chosen({'endpoint': 'queue'})} ORDER BY due_at LIMIT 1",
        ["deliveries_due", "deliveries_order"],
    ),
    "notices that are due": (
        f"SELECT 1 FROM notifications r WHERE {NOTICE_WORK._chosen(())} ORDER BY due_at LIMIT 1",
        ["notifications_due"],
    ),
    "receipts to be printed": (
        f"SELECT 1 FROM receipts r WHERE {RECEIPT_WORK._chosen(())} ORDER BY due_at LIMIT 1",
        ["receipts_due"],
    ),
    "receipts to be numbered": (f"{receipts.READY} ORDER BY r.id LIMIT 1", ["receipts_wanted"]),
    "what metrics show": (
        gauges._STANDING,
        ["notifications_due", "receipts_stuck", "receipts_wanted", "receipts_due"],
    ),
}


@pytest.mark.parametrize("what", ASKED)
def test_it_is(database_url: str, what: str) -> None:
    statement, indexes = ASKED[what]
    database = Database(database_url, pool_size=1)
    try:
        schema.migrate(database)
        with database.transaction() as connection:
            connection.execute("SET LOCAL enable_seqscan = off")
            params = {"now": datetime.now(UTC), "endpoint": "queue"}
            plan = "\n".join(row[0] for row in connection.execute(f"EXPLAIN {statement}", params))
    finally:
        database.close()
    assert [index for index in indexes if f" {index} " not in plan.replace("\n", " ")] == []
    assert "Seq Scan on receipts" not in plan
