"""What Stripe's books say of ours when a sale is over."""

from collections.abc import Iterator

import pytest

from cli.run.comparing import unexplained
from cli.run.explaining import SECONDS, TRIES, Explained, explain_money
from tests.databases import Databases
from tests.house import BASE, House, house, prepare


@pytest.fixture(scope="session")
def database_template(databases: Databases) -> str:
    return databases.template("migrated", prepare)


@pytest.fixture
def home(database_url: str, redis_url: str) -> Iterator[House]:
    """A house with a payment, whose fee Stripe has not told."""
    with house(database_url, REDIS_URL=redis_url) as home:
        home.time.forward(minutes=-10)  # a sale that is over when the commands look at their own clock
        home.pay(home.opened())
        home.hear()
        yield home


@pytest.fixture
def environ(home: House, database_url: str, redis_url: str) -> dict[str, str]:
    return BASE | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "STRIPE_API_BASE": home.sandbox.url,
        "STRIPE_SECRET_KEY": home.sandbox.secret_key,
    }


def test_a_fee_that_stripe_has_not_booked_yet_is_waited_for(home: House, environ: dict[str, str]) -> None:
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        home.forward(seconds=seconds)

    explained = explain_money(environ, nap)
    assert (explained.fees_missing, naps) == (0, [SECONDS])
    assert not any(explained.unexplained.values())
    assert home.app.database.rows("SELECT stripe_fee_minor FROM transactions") == [(829,)]
    assert home.sandbox.core.world.calls["balance_transactions.list"] == 2


def test_a_fee_that_stripe_never_books_is_not_waited_for_without_end(home: House, environ: dict[str, str]) -> None:
    naps: list[float] = []
    assert explain_money(environ, naps.append).fees_missing == 1
    assert len(naps) == TRIES - 1
    assert home.sandbox.core.world.calls["balance_transactions.list"] == TRIES


def test_money_that_stays_unexplained_is_a_broken_invariant() -> None:
    assert list(unexplained(None)) == list(unexplained(Explained({"USD": 0}, 0))) == []
    (sentence,) = unexplained(Explained({"EUR": 0, "USD": 27550}, 0))
    assert sentence.startswith("27550 USD")
