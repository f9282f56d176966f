"""Numbers of receipts: whoever reserves them in whatever turn, and whoever gives up, none is missing or given twice."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.receipts import Receipts
from tests.databases import Databases
from tests.house import House, house, prepare

#: Who reserves: of which series, how many at a time, and whether it is kept in the end.
TURNS = st.tuples(st.sampled_from("ab"), st.lists(st.integers(1, 5), min_size=1, max_size=3), st.booleans())

_examples = count(1)


@pytest.fixture(scope="module")
def home(databases: Databases) -> Iterator[House]:
    url = databases.create(databases.template("migrated", prepare))
    with house(url) as home:
        yield home
    databases.drop(url)


class GivesUp(Exception):
    """A worker dies before its commit."""


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TURNS, max_size=12))
def test_what_is_kept_counts_from_one_without_gap_or_repeat(
    home: House, turns: list[tuple[str, list[int], bool]]
) -> None:
    """Two workers at one series wait for each other: that is a race of `tests/proof/races.py`."""
    example, given_out = next(_examples), defaultdict[str, list[int]](list)
    for series, wanted, is_kept in turns:
        numbers: list[int] = []
        with suppress(GivesUp), home.app.store.begin() as uow:
            for many in wanted:
                before = Receipts(uow.connection, uow.cipher).reserve(f"{example}-{series}", many)
                numbers += range(before + 1, before + many + 1)
            if not is_kept:
                raise GivesUp
        if is_kept:
            given_out[series] += numbers
    for numbers in given_out.values():
        assert numbers == list(range(1, len(numbers) + 1))
