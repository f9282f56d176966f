"""A house with a database of its own."""

from collections.abc import Iterator

import pytest

from tests.databases import Databases
from tests.house import House, house, prepare


@pytest.fixture(scope="session")
def database_template(databases: Databases) -> str:
    """A migrated database."""
    return databases.template("migrated", prepare)


@pytest.fixture
def home(database_url: str) -> Iterator[House]:
    """A house whose books are checked when the test is over."""
    with house(database_url) as home:
        yield home
        assert home.app.check_invariants() == []
