"""The simulation's own connection to PostgreSQL."""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from proof.simulation.database import Lines
from proof.simulation.servers import EmptyDatabase


@pytest.fixture(scope="module")
def lines(simulation_server: str) -> Iterator[Lines]:
    with closing(EmptyDatabase(simulation_server, "simulation_line")) as database:
        yield database.lines


def test_what_was_asked_after_an_error_is_prepared_anew(lines: Lines) -> None:
    line = lines.take()
    line.execute("SELECT 1 / %s", (0,))
    line.execute("SELECT %s + 1", (1,))
    with pytest.raises(psycopg.errors.DivisionByZero):
        line.sync()

    assert line.execute("SELECT %s + 1", (1,)).fetchone() == (2,)
    assert line.execute("SELECT 1 / %s", (1,)).fetchone() == (1,)
    lines.give(line)
