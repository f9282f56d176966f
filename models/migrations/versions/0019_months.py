"""webhook events and outgoing events by the month, so that what is old goes as a whole.

What is there becomes the first part as it is: no row is copied, two indexes of webhook events are built, and each table
is read once. That part reaches until the end of the month in which this runs.
"""

from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_MONTHS_AHEAD: Final = 2

_EVENTS_KEYS: Final = """
    ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY (id{month});
    ALTER TABLE {table} ADD CONSTRAINT {table}_stripe_event_id{_month}_key UNIQUE (stripe_event_id{month});
"""
_WITH_MONTH: Final = {"month": ", created", "_month": "_created"}
_EVENTS_INDEXES: Final = """
    CREATE INDEX webhook_events_waiting ON webhook_events (due_at) WHERE status = 'waiting';
    CREATE INDEX webhook_events_set_aside ON webhook_events (received_at) WHERE status = 'set_aside';
    CREATE INDEX webhook_events_session ON webhook_events (session_id);
    CREATE INDEX webhook_events_received ON webhook_events (received_at);
"""
_OUTBOX_KEY: Final = "ALTER TABLE outbox ADD CONSTRAINT outbox_pkey PRIMARY KEY (id)"
_DEDUPE: Final = "CREATE {unique} INDEX outbox_dedupe ON outbox (dedupe_key) WHERE dedupe_key IS NOT NULL"
_IN_ORDER: Final = "ALTER TABLE {table} ADD CONSTRAINT {table}_auction_id_order_no_key UNIQUE (auction_id, order_no)"


def upgrade() -> None:
    """Apply."""
    now: datetime = op.get_bind().scalar(sa.text("SELECT now()")).astimezone(UTC)
    months = [_month(now, ahead) for ahead in range(1, _MONTHS_AHEAD + 2)]
    _run("ALTER TABLE deliveries DROP CONSTRAINT deliveries_event_id_fkey")
    _run("ALTER TABLE webhook_events DROP CONSTRAINT webhook_events_stripe_event_id_key")
    _run("ALTER TABLE webhook_events DROP CONSTRAINT webhook_events_pkey")
    _run(_EVENTS_KEYS.format(table="webhook_events", **_WITH_MONTH))
    bounds = {month: month.isoformat() for month in months}
    _divide("webhook_events", "created", bounds, "waiting", "set_aside", "session", "received")
    _run(_EVENTS_KEYS.format(table="webhook_events", **_WITH_MONTH))
    _run(_EVENTS_INDEXES)
    _run("DROP INDEX outbox_dedupe")
    _run(_DEDUPE.format(unique=""))
    _divide("outbox", "id", {month: _first_id(month) for month in months}, "dedupe")
    _run(_OUTBOX_KEY)
    _run(_DEDUPE.format(unique=""))
    # A key of the whole table would have to hold the month. Numbers come from a counter that is locked meanwhile.
    for part in ("outbox_default", *(f"outbox_{month:%Y_%m}" for month in months[:-1])):
        _run(_IN_ORDER.format(table=part))


def downgrade() -> None:
    """Back to one table each, with every row."""
    _unite("webhook_events")
    _run(_EVENTS_KEYS.format(table="webhook_events", month="", _month=""))
    _run(_EVENTS_INDEXES)
    _unite("outbox")
    _run(_OUTBOX_KEY)
    _run(_IN_ORDER.format(table="outbox"))
    _run(_DEDUPE.format(unique="UNIQUE"))
    op.create_foreign_key(op.f("deliveries_event_id_fkey"), "deliveries", "outbox", ["event_id"], ["id"])


def _month(at: datetime, ahead: int) -> datetime:
    """The beginning of the month so many months later."""
    year, month = divmod(at.year * 12 + at.month - 1 + ahead, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)


def _first_id(at: datetime) -> str:
    """The first UUIDv7 of a moment."""
    digits = f"{int(at.timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}-7000-8000-000000000000"


def _divide(table: str, column: str, bounds: dict[datetime, str], *indexes: str) -> None:
    """Make a table the first part of one of its name; `bounds` says where the months begin that follow it."""
    first, (until, *_) = f"{table}_before", bounds.values()
    _run(f"ALTER TABLE {table} RENAME TO {first}")
    for index in indexes:
        _run(f"ALTER INDEX {table}_{index} RENAME TO {first}_{index}")
    keys = "SELECT conname FROM pg_constraint WHERE conrelid = CAST(:first AS regclass) AND contype IN ('p', 'u')"
    for (key,) in op.get_bind().execute(sa.text(keys), {"first": first}).all():
        _run(f"ALTER TABLE {first} RENAME CONSTRAINT {key} TO {key.replace(table, first, 1)}")
    _run(
        f"CREATE TABLE {table} (LIKE {first} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)"
        f" PARTITION BY RANGE ({column})"
    )
    # What is of a time to come, by a wrong clock or in a test, must not make the first part everlasting.
    _run(f"CREATE TEMP TABLE {table}_to_come ON COMMIT DROP AS SELECT * FROM {first} WHERE {column} >= '{until}'")
    _run(f"DELETE FROM {first} WHERE {column} >= '{until}'")
    _run(f"ALTER TABLE {table} ATTACH PARTITION {first} FOR VALUES FROM (MINVALUE) TO ('{until}')")
    _run(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
    for (month, begins), ends in zip(bounds.items(), [*bounds.values()][1:], strict=False):
        _run(f"CREATE TABLE {table}_{month:%Y_%m} PARTITION OF {table} FOR VALUES FROM ('{begins}') TO ('{ends}')")
    _run(f"INSERT INTO {table} SELECT * FROM {table}_to_come")


def _unite(table: str) -> None:
    _run(f"ALTER TABLE {table} RENAME TO {table}_divided")
    _run(f"CREATE TABLE {table} (LIKE {table}_divided INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)")
    _run(f"INSERT INTO {table} SELECT * FROM {table}_divided")
    _run(f"DROP TABLE {table}_divided")


def _run(statement: str) -> None:
    op.get_bind().execute(sa.text(statement))
