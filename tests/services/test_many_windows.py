"""Many windows that end together, some of them paid within two seconds of the end.

`GAVELPAY_WINDOWS=10000` makes it the trial that docs/reliability.md tells of; by default it is smaller.
"""

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from tests.house import House, house, request
from tests.services.reconciling import drain

WINDOWS = int(os.environ.get("GAVELPAY_WINDOWS", "250"))
SHARE_PAID = 0.05


@pytest.fixture
def home(database_url: str) -> Iterator[House]:
    """A house whose windows are shorter than Stripe's checkouts: these can be paid after the end."""
    with house(database_url, PAYMENT_WINDOW_MINUTES="10") as home:
        yield home
        assert home.app.check_invariants() == []


@pytest.mark.long("sale")
@pytest.mark.timeout(900)
def test_around_the_end_of_many_windows_every_cent_is_an_order_or_a_refund(home: House) -> None:
    rng = Random(3)  # noqa: S311 - the same trial each time
    numbers = range(WINDOWS)
    for first in range(0, WINDOWS, 500):
        batch = [request(auction_id=f"lot-{number}") for number in numbers[first : first + 500]]
        home.app.require_payments(batch)
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(lambda _: home.app.open_checkouts(), numbers))
        checkouts = [one["id"] for one in home.stripe_has()]
        assert len(checkouts) == WINDOWS
        ((end,),) = home.app.database.rows(
            "SELECT DISTINCT date_trunc('second', window_expires_at) FROM payment_sessions"
        )

        payers = rng.sample(checkouts, max(10, int(WINDOWS * SHARE_PAID)))
        for second in range(-2, 3):
            home.time.at = end.replace(microsecond=200_000)
            home.time.forward(seconds=second)
            for checkout in payers[second + 2 :: 5]:
                home.sandbox.pay(checkout)
        home.time.forward(seconds=9)
        events = home.new_events()
        rng.shuffle(events)
        late, prompt = events[: len(events) // 2], events[len(events) // 2 :]
        list(workers.map(home.hear, prompt))
        for _ in range(3):
            list(workers.map(lambda _: home.app.expire_windows(100), range(WINDOWS // 100 + 4)))
            list(workers.map(lambda _: home.app.open_checkouts(), numbers))
        list(workers.map(home.hear, late))
    for _ in range(4):
        home.work()
        drain(home.app.reconcile_attempts)
        home.hear()
        home.forward(minutes=5)

    books = home.sandbox.books()
    rows = "SELECT stripe_charge_id, amount_minor - refunded_minor FROM transactions WHERE disposition = 'kept'"
    kept = dict(home.app.database.rows(rows))
    left = {charge["id"]: charge["amount_captured"] - charge["amount_refunded"] for charge in books["charges"]}
    assert len(left) == len(payers)
    assert {charge: amount for charge, amount in left.items() if amount} == kept
    statuses = Counter(row[0] for row in home.app.database.rows("SELECT status FROM payment_sessions"))
    assert statuses == {"completed": len(kept), "expired": WINDOWS - len(kept)}
    assert 0 < len(kept) < len(payers)
