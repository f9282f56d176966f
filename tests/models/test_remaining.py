"""SQL and the rules say the same of what is left of money, and of what is owed back."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import orjson
import pytest

from domain.dispute import SETTLED_FOR_US, Dispute, DisputeStatus
from domain.holds import held_money
from domain.ids import DisputeId, RefundId, SessionId, TransactionId
from domain.lifecycle import FINAL, PROCESSING, Status
from domain.payment import Payment
from domain.remaining import left_of, owed
from domain.transaction import Disposition, Refund, RefundStatus, Transaction, TransactionStatus
from models.remaining import HELD_MONEY, OWED
from tests.databases import Databases
from tests.house import House, house, prepare

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
IN_VAIN = (RefundStatus.FAILED, RefundStatus.CANCELED)


@pytest.fixture(scope="session")
def database_template(databases: Databases) -> str:
    return databases.template("migrated", prepare)


@pytest.fixture
def home(database_url: str) -> Iterator[House]:
    with house(database_url) as home:
        yield home


class Draw:
    """Random payments, of which hardly two are alike."""

    def __init__(self, seed: int) -> None:
        self.dice, self.ids = Random(seed), iter(range(1_000, 1_000_000))  # noqa: S311 - no secret

    def id(self) -> UUID:
        return UUID(int=next(self.ids))

    def moment(self) -> datetime:
        return SINCE + timedelta(seconds=self.dice.randrange(6))

    def payment(self, like: Payment) -> Payment:
        session = like.session
        status = self.dice.choice([Status.PROCESSING, Status.FAILED, Status.COMPLETED, Status.EXPIRED])
        payment = Payment(type(session)(**asdict(session) | {"id": SessionId(self.id()), "status": status}))
        payment.session.fully_refunded = self.dice.random() < 0.3
        for word in self.dice.sample(list(Disposition), self.dice.choice([1, 1, 2])):
            self.money(payment, word)
        return payment

    def money(self, payment: Payment, disposition: Disposition) -> None:
        money = Transaction(
            id=TransactionId(self.id()),
            session_id=payment.session.id,
            stripe_payment_intent_id=f"pi_{next(self.ids)}",
            amount_minor=200,
            currency="USD",
            status=TransactionStatus.SUCCEEDED,
            disposition=disposition,
            paid_at=SINCE,
            created_at=SINCE,
            settled_minor=self.dice.choice([0, 0, 0, 30, 200]),
            hold_ended=self.dice.random() < 0.3,
        )
        payment.transactions.append(money)
        refunds = [self.refund(money) for _ in range(self.dice.choice([0, 1, 2, 3, 4, 5]))]
        payment.refunds += sorted(refunds, key=lambda one: one.created_at)
        money.refunded_minor = min(
            200, sum(one.amount_minor for one in refunds if one.status is RefundStatus.SUCCEEDED)
        )
        if self.dice.random() < 0.3:
            payment.disputes.append(self.dispute(money))

    def refund(self, money: Transaction) -> Refund:
        created, updated = sorted([self.moment(), self.moment()])
        status = self.dice.choice([*RefundStatus, RefundStatus.FAILED])
        dealt_with = status in IN_VAIN and self.dice.random() < 0.2
        return Refund(
            id=RefundId(self.id()),
            session_id=money.session_id,
            transaction_id=money.id,
            amount_minor=self.dice.choice([10, 20, 30, 50, 200]),
            currency="USD",
            status=status,
            reason="drawn",
            idempotency_key=f"drawn:{next(self.ids)}",
            created_at=created,
            updated_at=updated,
            settled_at=updated if dealt_with else None,
        )

    def dispute(self, money: Transaction) -> Dispute:
        status = self.dice.choice(list(DisputeStatus))
        lost = self.dice.choice([50, 200]) if status is DisputeStatus.LOST else 0
        is_over = status in SETTLED_FOR_US or lost
        return Dispute(
            id=DisputeId(self.id()),
            session_id=money.session_id,
            transaction_id=money.id,
            stripe_dispute_id=f"du_{next(self.ids)}",
            amount_minor=200,
            currency="USD",
            status=status,
            reason="drawn",
            opened_at=SINCE,
            created_at=SINCE,
            updated_at=SINCE,
            lost_minor=lost,
            closed_at=SINCE if is_over else None,
        )


def store(home: House, table: str, rows: list[Any]) -> None:
    columns = ", ".join(name for name in asdict(rows[0]) if name != "request")
    home.app.database.rows(
        f"INSERT INTO {table} ({columns})"
        f" SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, %s) RETURNING 1",
        (orjson.dumps([asdict(one) for one in rows]).decode(),),
    )


def test_what_is_owed_back_and_what_is_held_is_the_same_by_the_rules_and_by_the_database(home: House) -> None:
    like, draw = home.payment(home.require()), Draw(seed=22)
    payments = [draw.payment(like) for _ in range(700)]
    sessions = [
        {
            "id": one.session.id,
            "auction_id": str(one.session.id),
            "intake_key": str(one.session.id),
            "status": one.session.status,
            "closed_at": SINCE if one.session.status in FINAL else None,
            "completed_at": SINCE if one.session.status is Status.COMPLETED else None,
            "fully_refunded": one.session.fully_refunded,
        }
        for one in payments
    ]
    home.app.database.rows(
        "INSERT INTO payment_sessions SELECT (made).* FROM (SELECT jsonb_populate_record(s, change) AS made"
        " FROM payment_sessions s, jsonb_array_elements(%s) change) drawn RETURNING 1",
        (orjson.dumps(sessions).decode(),),
    )
    store(home, "transactions", [money for one in payments for money in one.transactions])
    store(home, "refunds", [refund for one in payments for refund in one.refunds])
    store(home, "disputes", [dispute for one in payments for dispute in one.disputes])

    by_rules = Counter((one.session.id, owes.amount.minor) for one in payments for owes in owed(one))
    assert Counter(home.app.database.rows(f"SELECT session_id, minor::bigint FROM ({OWED}) o")) == by_rules
    assert len(by_rules) > 100
    waiting = [
        (money.id,)
        for one in payments
        for money in held_money(one)
        if one.session.status is PROCESSING and left_of(one, money).minor
    ]
    rows = home.app.database.rows(f"SELECT t.id FROM transactions t WHERE {HELD_MONEY}")
    assert sorted(rows) == sorted(waiting)
    assert len(waiting) > 20
