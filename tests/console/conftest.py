"""The `api` process on a house of the test's own."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI

from console.app import create_api
from runtime.tokens import CallerRole, SharedSecret, TokenVerifier, issue_development_token
from tests.console.calling import Client, Wire, wired
from tests.databases import Databases
from tests.house import House, house, prepare

SECRET = "a development secret of more than thirty-two bytes"


@pytest.fixture(scope="session")
def database_template(databases: Databases) -> str:
    return databases.template("migrated", prepare)


@pytest.fixture
def home(database_url: str) -> Iterator[House]:
    with house(database_url) as home:
        yield home


@pytest.fixture
def api(home: House) -> FastAPI:
    return create_api(home.app, TokenVerifier(SharedSecret(SECRET), home.time), render_metrics=lambda: b"up 1\n")


@pytest.fixture
def wire(api: FastAPI) -> Iterator[Wire]:
    with wired(api) as wire:
        yield wire


@pytest.fixture
def token(home: House) -> Callable[..., str]:
    """`token(role, subject)`: a bearer token."""

    def make(role: str, subject: str = "someone", ttl: timedelta = timedelta(hours=1)) -> str:
        return issue_development_token(SECRET, subject, CallerRole(role), ttl, now=home.time())

    return make


@pytest.fixture
def caller(wire: Wire, token: Callable[..., str]) -> Callable[..., Client]:
    """`caller(role, subject)`: somebody who calls; without a role, nobody."""

    def make(role: str | None = None, subject: str = "someone") -> Client:
        return Client(wire, token(role, subject) if role else None)

    return make


@pytest.fixture
def service(caller: Callable[..., Client]) -> Client:
    """The auction service."""
    return caller("service", "auctions")
