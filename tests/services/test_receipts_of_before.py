"""Money that was kept, or went back, before there was paper for it gets its paper with the migration."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from domain.documents import DocumentKind
from models import schema
from tests.house import House
from tests.services.paid_lots import pay_lots


def backfill() -> str:
    """What the migration does with what is there."""
    (file,) = (Path(schema.__file__).parent / "migrations" / "versions").glob("*_receipts.py")
    spec = spec_from_file_location("migration_of_receipts", file)
    assert spec is not None
    assert spec.loader is not None
    migration = module_from_spec(spec)
    spec.loader.exec_module(migration)
    return str(migration.BACKFILL)


def test_it_is_as_if_there_had_always_been_paper(home: House) -> None:
    pay_lots(home, 5, 2, home.time())
    columns = "kind, session_id, transaction_id, refund_id, status, language, currency, amount_minor, in_full, tries"
    wanted = f"SELECT {columns} FROM receipts ORDER BY 1, 2"
    before = home.app.database.rows(wanted)
    with home.app.database.transaction() as connection:
        connection.execute("ALTER TABLE receipts DISABLE TRIGGER USER")
        connection.execute("DELETE FROM receipts")
        connection.execute("ALTER TABLE receipts ENABLE TRIGGER USER")
        for statement in backfill().split(";")[:-1]:
            connection.execute(statement)
    assert home.app.database.rows(wanted) == before
    assert len(before) == 8

    home.time.forward(minutes=1)
    home.issue()
    found = home.app.receipts.verify()
    assert (found.broken, found.issued) == ([], 8)
    notes = home.app.receipts.view.listed(kind=DocumentKind.CREDIT_NOTE)
    assert all(one.receipt.document and one.receipt.document["cancels"] for one in notes)
