"""A migrated database for every test of ingest, and an ingest over it."""

from collections.abc import Iterator

import pytest

from models.database import Database
from models.schema import migrate
from tests.databases import Databases
from tests.webhook_ingest.harness import Ingest


def _prepare(url: str) -> None:
    database = Database(url)
    migrate(database)
    database.close()


@pytest.fixture(scope="session")
def database_template(databases: Databases) -> str:
    return databases.template("migrated", _prepare)


@pytest.fixture
def ingest(database_url: str) -> Iterator[Ingest]:
    with Ingest(database_url) as ingest:
        yield ingest
