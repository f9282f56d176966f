"""What became of a dead letter after a person dealt with it."""

from dataclasses import dataclass
from uuid import UUID

import orjson

from domain.messaging import DeadLetter
from domain.queues import INTAKE
from domain.unreadable import Unreadable
from models.deliveries import Deliveries
from models.unit_of_work import Begin, UnitOfWork
from services.deliver_events import DELIVERIES_QUEUE
from services.issue_receipts import RECEIPTS_QUEUE
from services.send_notices import NOTICES_QUEUE


@dataclass(frozen=True, slots=True)
class Became:
    """In a stable word: `dead_again`, `payment`, `not_yet`, `sent`, `waiting` or another state of a row, `unknown`."""

    what: str
    #: The letter that waits again, or the payment.
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class LetterOutcomes:
    """Reads."""

    begin: Begin

    def of(self, letter: DeadLetter) -> Became | None:
        """What became of a letter that was put back; None for others."""
        if letter.status != "requeued" or isinstance(letter.message, Unreadable):
            return None
        with self.begin() as uow:
            again = uow.dead_letters.dead_again(letter)
            if again is None and letter.corrected is not None:
                sent = DeadLetter(
                    letter.id, letter.queue, letter.actor, letter.corrected, letter.reason, "", letter.created_at
                )
                again = uow.dead_letters.dead_again(sent)
            if again is not None:
                return Became("dead_again", again)
            if letter.queue == INTAKE:
                return _payment(uow, letter.corrected or letter.message)
            return _row(uow, letter)


def _payment(uow: UnitOfWork, message: bytes) -> Became:
    try:
        auction = orjson.loads(message)["kwargs"]["auction_id"]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return Became("unknown")
    if not isinstance(auction, str) or "\x00" in auction:
        return Became("not_yet")  # nothing will come of it, and its letter comes back in a moment
    sql = "SELECT id FROM payment_sessions WHERE auction_id = %s ORDER BY id DESC LIMIT 1"
    row = uow.connection.execute(sql, (auction,)).fetchone()
    return Became("payment", row[0]) if row else Became("not_yet")


def _row(uow: UnitOfWork, letter: DeadLetter) -> Became:
    try:
        named = orjson.loads(letter.message)
        if letter.queue == DELIVERIES_QUEUE:
            told = Deliveries(uow.connection, uow.cipher).of(UUID(named["event_id"]))
            states = [one.status for one in told if one.endpoint == named["endpoint"]]
            return Became(states[0] if states else "unknown")
        table, key = {NOTICES_QUEUE: ("notifications", "notice_id"), RECEIPTS_QUEUE: ("receipts", "receipt_id")}[
            letter.queue
        ]
        row = uow.connection.execute(f"SELECT status FROM {table} WHERE id = %s", (UUID(named[key]),)).fetchone()  # noqa: S608
        return Became(row[0] if row else "unknown")
    except (orjson.JSONDecodeError, LookupError, TypeError, ValueError):
        return Became("unknown")
