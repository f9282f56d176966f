"""Real servers for every test that asks: one PostgreSQL and one Valkey for the whole run.

`database_url` is an empty database of the test's own (`database_template` may say of what template), `fresh_database`
makes more of them, `redis_url` is a flushed Valkey database that no other xdist worker uses.
"""

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.databases import Databases
from tests.servers import Counter, SharedServers, Urls, ask_controller

SERVERS = pytest.StashKey[SharedServers]()
COUNTER = pytest.StashKey[Counter]()
#: The name under which xdist hands the counter's directory to its workers.
COUNTER_INPUT = "test_server_counter"

# How long an example takes says how busy the machine is.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "long(kind): takes many seconds: begun before all others, one of a kind at a time."
    )
    if not hasattr(config, "workerinput"):
        config.stash[SERVERS] = SharedServers()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    if COUNTER not in node.config.stash:
        node.config.stash[COUNTER] = Counter(node.config.stash[SERVERS])
    node.workerinput[COUNTER_INPUT] = str(node.config.stash[COUNTER].directory)


def pytest_unconfigure(config: pytest.Config) -> None:
    if COUNTER in config.stash:
        config.stash[COUNTER].close()
    if SERVERS in config.stash:
        config.stash[SERVERS].stop()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # What takes long begins first: begun last, it would be waited for with one core idle. xdist deals equal pieces of
    # the list, so each begins with the long tests of some kinds: whole systems side by side would run out of patience.
    kinds = {item: mark.args[0] for item in items if (mark := item.get_closest_marker("long"))}
    order = sorted(set(kinds.values()))
    short = [item for item in items if item not in kinds]
    workers, left = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")), len(items)
    items.clear()
    for number in range(workers):
        share = [item for item, kind in kinds.items() if order.index(kind) % workers == number]
        size = left // (workers - number)
        fill = max(0, size - len(share)) if number < workers - 1 else len(short)
        items += [*share, *short[:fill]]
        short, left = short[fill:], left - size


def pytest_collection_finish() -> None:
    # Hundreds of megabytes of tests and libraries are no garbage: each full collection need not look at them again.
    gc.collect()
    gc.freeze()


def pytest_runtest_setup() -> None:
    # Whoever tests logging leaves the usual renderer behind. It draws every local of every frame: thirty seconds for
    # one error inside the web framework.
    if not structlog.is_configured():
        processors = structlog.get_config()["processors"]
        plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
        structlog.configure(processors=[*processors[:-1], plain])


@pytest.fixture(scope="session")
def server_urls(pytestconfig: pytest.Config) -> Urls:
    """The servers, started now unless they run."""
    if SERVERS in pytestconfig.stash:
        return pytestconfig.stash[SERVERS].urls()
    return ask_controller(Path(pytestconfig.workerinput[COUNTER_INPUT]))  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def postgres_url(server_urls: Urls) -> str:
    """The maintenance database, as the system's role (which may make databases and is no superuser)."""
    return server_urls.postgres


@pytest.fixture
def redis_url(server_urls: Urls) -> str:
    """An empty Valkey database that no test running at the same time uses."""
    from redis import Redis  # noqa: PLC0415 - tests of rules need not wait for its import

    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    url = f"{server_urls.redis.rpartition('/')[0]}/{number}"
    with Redis.from_url(url) as connection:
        connection.flushdb()
    return url


@pytest.fixture(scope="session")
def databases(postgres_url: str) -> Iterator[Databases]:
    """Databases and templates on the shared server."""
    with Databases(postgres_url) as databases:
        yield databases


@pytest.fixture(scope="session")
def database_template() -> str | None:
    """The template of `database_url`: None is empty. Override it to return `databases.template(name, prepare)`."""
    return None


@pytest.fixture
def fresh_database(databases: Databases) -> Iterator[Callable[..., str]]:
    """`fresh_database(template=None) -> url`: a database that is dropped after the test."""
    made: list[str] = []

    def make(template: str | None = None) -> str:
        made.append(databases.create(template))
        return made[-1]

    yield make
    for url in made:
        databases.drop(url)


@pytest.fixture
def database_url(fresh_database: Callable[..., str], database_template: str | None) -> str:
    """A database of the test's own, like `database_template`."""
    return fresh_database(database_template)
