"""One throw-away PostgreSQL for the simulations of one test process."""

from collections.abc import Iterator

import pytest

from proof.simulation.jobs import Bench
from proof.simulation.servers import throw_away_server


@pytest.fixture(scope="session")
def simulation_server() -> Iterator[str]:
    """Its superuser's address."""
    with throw_away_server() as server:
        yield server


@pytest.fixture(scope="session")
def bench(simulation_server: str) -> Bench:
    """A database for one run after another."""
    return Bench(simulation_server, "simulation_tests")
