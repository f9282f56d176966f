"""How a sale ends: settled and in order, or with the reason in words and a code that is not zero."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from rich.console import Console

from cli.run.display import PlainDisplay
from cli.run.environment import Addresses, Own, child_environment
from cli.run.keys import MAKERS
from cli.run.logs import LogFollower
from cli.run.options import Options
from cli.run.sale import Sale
from cli.run.stack import Stack
from cli.run.standing import Standings
from cli.run.stopping import Stopping
from cli.run.watching import Watch
from runtime.settings import Role, load
from sandbox.auction_house import AuctionHouse, plan_lots
from sandbox.stripe.server import running_sandbox
from sandbox.supervisor import Supervisor
from tests.databases import Databases
from tests.house import prepare
from tests.sandbox.auction_house.pretend import open_checkout
from tests.sandbox.processes import eventually

KEYS = {name: make() for name, make in MAKERS.items()}


@pytest.fixture(scope="session")
def database_template(databases: Databases) -> str:
    return databases.template("migrated", prepare)


class Watched:
    """A watch over a database, with what it said and how it ended."""

    def __init__(self, directory: Path, database: str, sandbox: str | None = None, **options: Any) -> None:
        self.stopping = Stopping()
        self.said = io.StringIO()
        given = {"auctions": 0, "rate": 1.0, "exit_when_settled": True, "seed": 1, "port_base": 8000}
        self.options = Options(data_dir=directory, **given | options)
        addresses = Addresses("http://127.0.0.1:8000", database, "redis://127.0.0.1:1/0", sandbox, None, None, None)
        env = child_environment({}, self.options, addresses, KEYS)
        urls = {"database": database, "sandbox": sandbox, "broker": None, "api": None}
        settings = load(env, Role.RUN)
        self.stack = Stack(settings, env, urls, None, Own.of({}), Supervisor(), directory / "run.json")

    def end(self, limit: float = 60.0) -> int:
        with self.watch(limit) as watch:
            return watch.until_over(self.stopping)

    @contextmanager
    def watch(self, limit: float) -> Iterator[Watch]:
        lots = plan_lots(self.options.auctions, seed=1, rate=1.0, sale="lot")
        house = AuctionHouse(lots, {"auction": KEYS["AUCTION_WEBHOOK_SECRET"]})
        display = PlainDisplay(Console(file=self.said, width=200))
        logs = LogFollower(self.options.data_dir, (), "warning")
        try:
            with Standings(self.stack.urls["database"] or "") as standings:
                sale = Sale(lots, house, listens=True)
                yield Watch(self.options, self.stack, sale, display, standings, logs, limit)
        finally:
            house.stop()

    @property
    def text(self) -> str:
        return self.said.getvalue()


def test_an_empty_sale_is_settled_and_in_order(tmp_path: Path, database_url: str) -> None:
    with running_sandbox(seed=1) as sandbox:
        watched = Watched(tmp_path, database_url, sandbox.url)
        assert watched.end() == 0
    assert "all books agree" in watched.text


def test_money_that_we_do_not_know_of_ends_a_sale_badly(tmp_path: Path, database_url: str) -> None:
    with running_sandbox(seed=1) as sandbox:
        sandbox.pay(open_checkout(sandbox)["id"])
        # Stripe books a charge a second after it was paid.
        eventually(lambda: all(charge["balance_transaction"] for charge in sandbox.books()["charges"]))
        watched = Watched(tmp_path, database_url, sandbox.url)
        assert watched.end() == 1
    assert "we do not know of it" in watched.text
    assert "2 invariants of the money are broken" in watched.text


def test_a_broken_invariant_of_our_own_books_ends_a_sale_badly(tmp_path: Path, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO auctions (auction_id, event_no) VALUES ('lot-1', 3)")
    watched = Watched(tmp_path, database_url)
    assert watched.end() == 1
    assert "Auction lot-1 counts 3 events and has 0." in watched.text


def test_a_sale_that_never_settles_ends_with_what_it_waits_for(tmp_path: Path, database_url: str) -> None:
    watched = Watched(tmp_path, database_url, auctions=2)
    assert watched.end(limit=0.1) == 1
    assert "Not settled after 0 seconds: 2 requests that have not arrived, 2 buyers at work" in watched.text


def test_a_database_that_never_answers_ends_a_sale_badly(tmp_path: Path) -> None:
    watched = Watched(tmp_path, "postgresql://gavelpay:x@127.0.0.1:1/gavelpay")
    assert watched.end(limit=0.1) == 1
    assert "the database does not answer" in watched.text


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [({"exit_when_settled": False}, 0, "Stopping."), ({}, 1, "before the sale was settled")],
)
def test_whoever_stops_a_sale_is_told_that_it_was_not_settled(
    tmp_path: Path,
    database_url: str,
    options: dict[str, Any],
    code: int,
    words: str,
) -> None:
    watched = Watched(tmp_path, database_url, **options)
    watched.stopping.ask()
    assert watched.end() == code
    assert words in watched.text
