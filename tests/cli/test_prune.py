"""`gavelpay prune`."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from click.testing import Result

from domain.retention import AHEAD, month_of
from models.partitions import first_id
from tests.house import House

Run = Callable[..., Result]
Told = Callable[..., Any]

OLD = """
    INSERT INTO deliveries (event_id, endpoint, auction_id, order_no, status, tries, fence, created_at, waiting_since,
                            late)
    VALUES (%s, 'auction', 'lot', 1, 'sent', 1, 1, now(), now(), false) RETURNING 1
"""


def test_what_would_be_done_is_shown_and_then_done(run: Run, told: Told, home: House) -> None:
    last = f"outbox_{month_of(datetime.now(UTC), AHEAD):%Y_%m}"
    with home.app.database.transaction() as connection:
        connection.execute(f"DROP TABLE {last}")
    home.app.database.rows(OLD, (first_id(datetime(2020, 1, 1, tzinfo=UTC)),))
    assert {(one["what"], one["part"], one["rows"]) for one in told("prune", "--dry-run")["left"]} == {
        ("make", last, 0),
        ("delete", None, 1),
    }
    assert last in run("prune", "--dry-run").output
    assert f"outbox {last[-7:].replace('_', '-')}" in run("doctor").output
    assert told("prune") == {"gone": {"deliveries": 1}, "left": []}
    assert run("prune").output == "There was nothing to do.\n"
    assert run("prune", "--dry-run", RETENTION_WEBHOOK_EVENTS_DAYS="7").exit_code == 1
