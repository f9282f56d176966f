"""Whole worker processes over a tiny application, and a Valkey of their own where one is to suffer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.embedded import ValkeyServer
from tests.workers.house import House


@pytest.fixture
def house(tmp_path: Path, redis_url: str) -> Iterator[House]:
    house = House(tmp_path, redis_url)
    yield house
    house.stop_all()


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A server of the test's own, which it may empty, restart and kill."""
    server = ValkeyServer(tmp_path / "own").start()
    yield server
    server.stop()
