"""Reports are read from a copy of the database where there is one, and from the database while that is away."""

from collections.abc import Callable, Iterator

import pytest

from domain.overview import SPANS
from models.audit_lists import WantedEntries
from models.database import DatabaseUnavailable
from models.payment_search import Wish
from tests.house import House, house


@pytest.fixture
def copied(database_url: str, database_template: str, fresh_database: Callable[..., str]) -> Iterator[House]:
    """A house that has sold, and whose copy has not heard of it yet."""
    with house(database_url, DATABASE_REPLICA_URL=fresh_database(database_template)) as home:
        sold(home)
        yield home


def sold(home: House) -> None:
    home.pay(home.opened())
    home.hear()


def exported(home: House) -> int:
    return len(list(home.app.desk.export_payments(Wish(), reason="the year", actor="cli:ann", asked={})))


def audited(home: House) -> int:
    return len(list(home.app.desk.audit.export(WantedEntries(), "cli:ann", "csv", "year end")))


def counted(home: House) -> int:
    home.forward(minutes=1)
    endings = home.app.desk.overview(SPANS["7d"]).counted.endings
    assert endings is not None
    return sum(endings.paid)


def test_reports_are_read_from_the_copy_and_are_on_record_in_the_database(copied: House) -> None:
    assert (exported(copied), audited(copied), counted(copied)) == (0, 0, 0)
    rows = copied.app.database.rows("SELECT kind FROM security_events ORDER BY kind")
    assert [kind for (kind,) in rows] == ["audit_exported", "payments_exported"]
    # What people act on is read at the source.
    assert len(copied.app.desk.find_payments(Wish()).payments) == 1


def test_the_copy_is_read_and_never_written(copied: House) -> None:
    with pytest.raises(DatabaseUnavailable), copied.app.store.begin_report() as uow:
        uow.connection.execute("DELETE FROM cursors")


def test_while_the_copy_is_away_reports_are_read_from_the_database(database_url: str) -> None:
    with house(database_url, DATABASE_REPLICA_URL="postgresql://nobody@127.0.0.1:1/none") as home:
        sold(home)
        assert counted(home) == 1
        assert exported(home) == 1
        assert audited(home) > 1
