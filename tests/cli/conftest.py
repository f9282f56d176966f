"""Commands beside a running house: the same database, Redis and Stripe, given by the same variables."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from cli.main import main
from tests.databases import Databases
from tests.house import BASE, House, house, prepare


@pytest.fixture(scope="session")
def database_template(databases: Databases) -> str:
    return databases.template("migrated", prepare)


@pytest.fixture
def home(database_url: str) -> Iterator[House]:
    with house(database_url) as home:
        yield home


@pytest.fixture
def environ(home: House, database_url: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """The variables of that house."""
    return BASE | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "STRIPE_API_BASE": home.sandbox.url,
        "STRIPE_SECRET_KEY": home.sandbox.secret_key,
        "RECEIPT_STORAGE_URL": (tmp_path / "receipts").as_uri(),
    }


Run = Callable[..., Result]


@pytest.fixture
def run(environ: dict[str, str]) -> Run:
    """`run("sessions", "list")`: run the command; variables may be changed, None takes one away."""

    def run(*arguments: str, **changes: str | None) -> Result:
        result = CliRunner().invoke(main, arguments, env={**environ, **changes}, catch_exceptions=False)
        assert "Traceback" not in result.output
        return result

    return run


@pytest.fixture
def told(run: Run) -> Callable[..., Any]:
    """`told("sessions", "list")`: the same with `--json`, read."""

    def told(*arguments: str, **changes: str | None) -> Any:
        result = run(*arguments, "--json", **changes)
        assert result.exit_code == 0, result.output
        return orjson.loads(result.stdout)

    return told
