"""Turns at Stripe are few: each goes to whom it can still help, and of those to who has the least time left."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.attempt import AttemptStatus, CheckoutAttempt
from models.work import ATTEMPT_WORK, HOPELESS
from tests.databases import Databases
from tests.house import House, house, prepare

ATTEMPTS = 8
#: Seconds until its window ends (None: nobody knows yet), seconds since it is due, and whether it is to be closed.
STANDS = st.tuples(st.none() | st.integers(-20, 40), st.integers(-2, 20), st.booleans())
#: How many are asked for at a time: one by a thread alone, several by threads that meet.
ASKED = st.lists(st.integers(1, 4), min_size=ATTEMPTS, max_size=ATTEMPTS)


@pytest.fixture(scope="module")
def home(databases: Databases) -> Iterator[House]:
    url = databases.create(databases.template("migrated", prepare))
    with house(url) as home:
        for number in range(ATTEMPTS):
            home.require(auction_id=f"auction-{number}")
        yield home
    databases.drop(url)


def urgency(attempt: CheckoutAttempt, now: datetime) -> tuple[bool, bool, timedelta, timedelta]:
    """The smaller, the sooner: closing is never too late, opening is in the last seconds of its window."""
    left = None if attempt.deadline is None else attempt.deadline - now
    opening = attempt.status is AttemptStatus.OPENING
    is_lost = opening and left is not None and left <= timedelta(seconds=HOPELESS)
    assert attempt.due_at is not None
    return is_lost, left is None, left or timedelta(), attempt.due_at - now


def stand(home: House, stands: list[tuple[int | None, int, bool]]) -> list[CheckoutAttempt]:
    """Have the attempts stand so; returns those that are due."""
    now = home.time()
    rows = home.app.database.rows("SELECT id FROM checkout_attempts ORDER BY id")
    with home.app.store.begin() as uow:
        for (attempt_id,), (left, waits, is_closing) in zip(rows, stands, strict=True):
            uow.connection.execute(
                "UPDATE checkout_attempts SET leased_until = NULL, status = %s, deadline = %s, due_at = %s"
                " WHERE id = %s",
                (
                    AttemptStatus.OPEN if is_closing else AttemptStatus.OPENING,
                    None if left is None else now + timedelta(seconds=left),
                    now - timedelta(seconds=waits),
                    attempt_id,
                ),
            )
        return ATTEMPT_WORK.read(uow.connection, uow.cipher, "r.due_at <= %(now)s", now=now)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STANDS, min_size=ATTEMPTS, max_size=ATTEMPTS), ASKED)
def test_each_claim_has_the_nearest_deadlines_that_can_still_be_met(
    home: House, stands: list[tuple[int | None, int, bool]], asked: list[int]
) -> None:
    now = home.time()
    waiting = sorted(urgency(one, now) for one in stand(home, stands))
    for count in asked:
        with home.app.store.begin() as uow:
            taken = ATTEMPT_WORK.take(uow.connection, uow.cipher, now, count)
            ATTEMPT_WORK.keep(uow.connection, uow.cipher, taken)
        assert sorted(urgency(one, now) for one in taken) == waiting[:count]
        del waiting[:count]
    assert waiting == []
