"""`gavelpay doctor` where all is in order: on a server that keeps what it has said, unlike that of other tests."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
from click.testing import Result

from sandbox.embedded import PostgresServer
from tests.databases import Databases
from tests.house import House, prepare

Run = Callable[..., Result]


def verdicts(result: Result) -> dict[str, str]:
    return {finding["check"]: finding["verdict"] for finding in orjson.loads(result.stdout)}


@pytest.fixture(scope="module")
def durable_databases() -> Iterator[Databases]:
    with tempfile.TemporaryDirectory(prefix="gavelpay-durable-") as folder:
        Path(folder).chmod(0o711)  # as root, PostgreSQL runs as somebody else
        with PostgresServer(Path(folder)) as server, Databases(server.url_of("postgres")) as databases:
            yield databases


@pytest.fixture
def database_url(durable_databases: Databases) -> str:
    return durable_databases.create(durable_databases.template("migrated", prepare))


def test_a_house_in_order_is_found_in_order(run: Run) -> None:
    result = run("doctor", "--json", "--role", "worker")

    assert result.exit_code == 0
    assert verdicts(result) == dict.fromkeys(
        (
            *("configuration, worker", "database", "schema", "durability", "months", "clock, database", "redis"),
            *("stripe", "clock, Stripe", "webhook secret", "receipts", "field keys", "for a person"),
        ),
        "ok",
    ) | {"workers": "warn", "schedulers": "warn"}  # nobody works in this house yet
    assert "which is a test key" in run("doctor").output


def test_what_another_process_lacks_is_a_warning_and_what_this_one_lacks_a_failure(run: Run) -> None:
    assert verdicts(run("doctor", "--json"))["configuration, api"] == "warn"
    assert run("doctor").exit_code == 0
    mine = run("doctor", "--role", "api", "--json")
    assert verdicts(mine)["configuration, api"] == "fail"
    assert "STRIPE_PUBLISHABLE_KEY" in mine.output
    assert mine.exit_code == 1


def test_a_database_that_forgets_on_a_power_failure_fails(home: House, run: Run, database_url: str) -> None:
    name = database_url.rpartition("/")[2].partition("?")[0]
    with home.app.database.transaction() as connection:
        connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')  # type: ignore[arg-type]

    result = run("doctor", "--json")

    assert verdicts(result)["durability"] == "fail"
    assert "synchronous_commit is off" in result.output
