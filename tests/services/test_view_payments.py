"""Payments as they stood at one moment, while others change them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from domain.attempt import AttemptStatus
from models.unit_of_work import UnitOfWork
from tests.house import House


class Overtaken:
    """A connection on which somebody else is faster, once the session has been read."""

    def __init__(self, real: Any, home: House) -> None:
        self._real, self._home = real, home

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def execute(self, query: str, *args: Any, **options: Any) -> Any:
        if "FROM checkout_attempts" in query:
            self._home.app.open_checkouts()
        return self._real.execute(query, *args, **options)


def test_a_session_and_its_attempts_are_of_one_moment(home: House) -> None:
    session_id = home.require()

    @contextmanager
    def begin() -> Iterator[UnitOfWork]:
        with home.app.store.begin() as uow:
            uow.payments.connection = Overtaken(uow.payments.connection, home)
            yield uow

    (before,) = replace(home.app.view_payments, begin=begin).several([session_id])
    assert (before.session.window_started_at, before.attempts[0].status) == (None, AttemptStatus.OPENING)
    assert home.payment(session_id).attempts[0].status is AttemptStatus.OPEN
