"""One throw-away PostgreSQL for the simulations of one test process."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from proof.simulation.jobs import Bench
from proof.simulation.servers import throw_away_server


@pytest.fixture(scope="session")
def simulation_server() -> Iterator[str]:
    """Its superuser's address."""
    with throw_away_server() as server:
        yield server


@pytest.fixture(scope="session")
def bench(simulation_server: str) -> Iterator[Bench]:
    """A database for one run after another."""
    with closing(Bench(simulation_server, "simulation_tests")) as made:
        yield made
