"""Whatever workers do and fail to do: a piece of work has one holder, and only who holds it can renew it and write."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.errors import GatewayUnavailable
from models import notices
from models.deliveries import Deliveries
from models.receipts import Receipts
from models.work import ATTEMPT_WORK, DELIVERY_WORK, NOTICE_WORK, RECEIPT_WORK, REFUND_WORK, Work
from services.exchange_attempts import Turn
from tests.databases import Databases
from tests.house import House, house, prepare

WORKERS = ("a", "b", "c")
#: What may come next: a worker claims, renews its lease, or writes what it found; or all are silent for a lease.
STEPS = st.tuples(st.sampled_from(["claim", "claim", "renew", "write", "silence"]), st.sampled_from(WORKERS))
#: The one story that each kind must always be told.
TAKEN_OVER = [
    (step, worker)
    for step, worker in zip(
        "claim renew claim silence claim renew write renew write renew renew".split(), "aabbbaabbba", strict=True
    )
]
#: The receiver and the mail server of this house; nobody asks them for anything.
NOBODY: Final[Mapping[str, Any]] = {
    "SMTP_URL": "smtp://127.0.0.1:1",
    "MAIL_FROM": "house@house.example",
    "AUCTION_WEBHOOK_URL": "http://127.0.0.1:1",
    "AUCTION_WEBHOOK_SECRET": "whsec_" + "fake" * 8,
}


def _write_attempt(home: House, attempt: Any) -> bool:
    recorded: list[Any] = []
    home.app.open_checkouts.exchange(Turn([(attempt, lambda *mine: recorded.append(mine))], wanted=0))
    return bool(recorded)


def _write_refund(home: House, refund: Any) -> bool:
    home.app.database.rows("UPDATE refunds SET last_error = NULL RETURNING id")
    home.app.send_refunds._record(refund, GatewayUnavailable("silence"))
    return home.app.database.rows("SELECT 1 FROM refunds WHERE last_error IS NOT NULL") != []


def _write_receipt(home: House, receipt: Any) -> bool:
    with home.app.store.begin() as uow:
        mine = list(Receipts(uow.connection, uow.cipher).locked([receipt]).values())
        for one in mine:
            one.leased_until = None
        Receipts(uow.connection, uow.cipher).save(mine)
    return bool(mine)


def _write_notice(home: House, notice: Any) -> bool:
    with home.app.store.begin() as uow:
        return notices.record(uow.connection, notice, last_error="silence")


def _write_delivery(home: House, delivery: Any) -> bool:
    with home.app.store.begin() as uow:
        return bool(Deliveries.within(uow).record([replace(delivery, last_error="silence")]))


#: Each kind that is leased, and how who holds it writes what came of it; answers whether it was written.
KINDS: Final[Mapping[Work[Any], Callable[[House, Any], bool]]] = {
    ATTEMPT_WORK: _write_attempt,
    REFUND_WORK: _write_refund,
    RECEIPT_WORK: _write_receipt,
    NOTICE_WORK: _write_notice,
    DELIVERY_WORK: _write_delivery,
}


@dataclass(frozen=True)
class Piece:
    """One row that is worked at, again and again; no other of its kind is due."""

    home: House
    work: Work[Any]
    key: tuple[Any, ...]

    @property
    def lease(self) -> tuple[datetime | None, bool]:
        """Until when it is held, and whether it is free."""
        (row,) = self._rows("SELECT leased_until, coalesce(leased_until <= lease_now(), true) FROM")
        return row[0], row[1]

    def claim(self) -> list[Any]:
        with self.home.app.store.begin() as uow:
            claimed = self.work.take(uow.connection, uow.cipher, self.home.time())
            self.work.keep(uow.connection, uow.cipher, claimed)
        return claimed

    def renew(self, held: Any) -> None:
        with self.home.app.store.begin() as uow:
            self.work.renew(uow.connection, [(*self.key, held.fence)])

    def silence(self) -> None:
        self._rows("UPDATE", "SET leased_until = lease_now()", "AND leased_until IS NOT NULL RETURNING 1")

    def due(self, more: str = "") -> None:
        """It is due, whatever was written."""
        self._rows("UPDATE", f"SET due_at = created_at{more}", "RETURNING 1")

    def _rows(self, begin: str, middle: str = "", end: str = "") -> list[tuple[Any, ...]]:
        mine = " AND ".join(f"{column} = %s" for column in self.work.table.identity)
        return self.home.app.database.rows(
            f"{begin} {self.work.table.table.name} {middle} WHERE {mine} {end}", self.key
        )


@pytest.fixture(scope="module")
def home(databases: Databases) -> Iterator[House]:
    url = databases.create(databases.template("migrated", prepare))
    with house(url, **NOBODY) as home:
        late = home.opened(auction_id="auction-late")
        home.pay(late)
        home.time.forward(hours=25)
        home.app.expire_windows()
        home.hear()  # a refund
        home.pay(home.opened())
        home.hear()  # a receipt
        home.app.issue_receipts()  # numbers it
        home.app.database.rows("UPDATE receipts SET status = 'numbered', leased_until = NULL RETURNING id")
        home.require(auction_id="auction-next")  # an attempt
        yield home
    databases.drop(url)


@pytest.fixture(scope="module", params=KINDS, ids=lambda work: work.table.table.name)
def piece(home: House, request: pytest.FixtureRequest) -> Piece:
    work: Work[Any] = request.param
    (first,) = Piece(home, work, ()).claim()
    home.app.database.rows(f"UPDATE {work.table.table.name} SET due_at = created_at + interval '1 year' RETURNING 1")
    return Piece(home, work, tuple(getattr(first, column) for column in work.table.identity))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, max_size=25))
@example(TAKEN_OVER)
def test_there_are_never_two_holders_that_both_renew_and_write(piece: Piece, steps: list[tuple[str, str]]) -> None:
    held: dict[str, Any] = {}
    holder = None
    piece.due(", leased_until = NULL")
    for step, worker in steps:
        before, is_free = piece.lease
        if step == "silence":
            piece.silence()
        elif step == "claim":
            claimed = piece.claim()
            assert bool(claimed) == is_free, "work is claimed when nobody holds it, and not before"
            if claimed:
                (held[worker],), holder = claimed, worker
        elif worker in held and step == "renew":
            piece.renew(held[worker])
            after, _ = piece.lease
            if worker == holder and before is not None:
                assert after is not None
                assert after > before, "who holds it keeps it"
            else:
                assert after == before, "who was taken over from, or is done, prolongs nothing"
        elif worker in held:
            assert KINDS[piece.work](piece.home, held[worker]) == (worker == holder), "only its holder can write"
            assert piece.lease[0] == (None if worker == holder else before)
            piece.due()
