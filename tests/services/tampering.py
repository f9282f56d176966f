"""What somebody with the database in hand could do to the audit trail."""

from tests.house import House

GUARDED = ("audit_entries", "security_events")


def tamper(home: House, statement: str, *params: object) -> None:
    """Run a statement that the triggers would refuse."""
    with home.app.database.transaction() as connection:
        for table in GUARDED:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        assert connection.execute(statement, params).rowcount
        for table in GUARDED:
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
