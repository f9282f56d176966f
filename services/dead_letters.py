"""Dead letters: keep what gave up, look at it, put it back, or let it go."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson
import structlog

from domain.bells import ISSUE_RECEIPTS, SEND_NOTICES
from domain.clock import Clock
from domain.endpoint import BELL_OF
from domain.errors import NotFound, PermanentError
from domain.masking import mask_card_numbers
from domain.messaging import DeadLetter
from domain.refusals import Refusal
from domain.unreadable import Unreadable
from models import notices
from models.deliveries import Deliveries
from models.receipts import Receipts
from models.unit_of_work import Begin, UnitOfWork
from services.deliver_events import DELIVERIES_QUEUE
from services.issue_receipts import RECEIPTS_QUEUE
from services.send_notices import NOTICES_QUEUE

log = structlog.get_logger()

#: Puts a message back on its queue, as its bytes are.
PutBack = Callable[[str, bytes], None]


class NotPutBack(PermanentError):
    """The letter cannot go back by itself: it was no message of a queue."""

    code = "not_requeueable"


@dataclass(frozen=True, slots=True)
class DeadLetterOffice:
    """What operators do with messages that gave up."""

    begin: Begin
    put_back: PutBack
    now: Clock

    def keep(self, letters: Sequence[DeadLetter], refusals: Sequence[Refusal] = ()) -> None:
        """Keep messages whole, with their reasons; card numbers in them are masked before they are stored.

        Args:
            letters: the messages.
            refusals: the requests among them that the rules do not permit. With the same commit the auction service is
                told of each, once however often it comes.
        """
        now = self.now()
        with self.begin() as uow:
            clean = [_masked(letter) for letter in letters]
            uow.dead_letters.keep(clean)
            uow.announce_once({refusal.key: refusal.announcement(now) for refusal in refusals})
        kept = Counter((letter.queue, letter.actor, letter.reason) for letter in clean)
        for (queue, actor, reason), count in kept.items():
            # What is wrong with it may quote what a stranger has written: that stands in the letter alone.
            log.warning("dead_letters.kept", queue=queue, actor=actor, reason=reason, count=count)

    def listed(self, *, status: str | None = "dead", limit: int = 100) -> list[DeadLetter]:
        """The newest letters, of one status or all."""
        with self.begin() as uow:
            condition = "(%(status)s::text IS NULL OR r.status = %(status)s)"
            return uow.dead_letters.find(condition, limit=limit, status=status)

    def show(self, letter_id: UUID) -> DeadLetter:
        """One letter; raises `NotFound`."""
        with self.begin() as uow:
            found = uow.dead_letters.find("r.id = %(id)s", id=letter_id)
        if not found:
            raise NotFound("there is no such dead letter")
        return found[0]

    def requeue(self, letter_id: UUID, by: str, why: str = "put back") -> DeadLetter:
        """Put a letter back on its queue. Killed half-way, a message may be put back twice, which does no harm.

        What is a row is due again with the same commit that lets the letter go: had it given up anew in between, that
        would count as dealt with. So would a message that is refused at once, so its letter is locked while it goes:
        whoever keeps it anew waits until this letter is dealt with, and nobody lets go what is under way.
        """
        letter = self.show(letter_id)
        if letter.status != "dead":
            raise NotPutBack(f"it is {letter.status} already")
        if isinstance(letter.message, Unreadable):
            raise NotPutBack(f"it cannot be read: {letter.message.why}")
        again = _AGAIN[letter.queue] if names_a_row(letter) else None
        with self.begin() as uow:
            if again is not None:
                # The row is locked before its letter, as by those who give it up.
                again(uow, orjson.loads(letter.message), self.now())
            letter = _taken(uow, letter_id)
            if again is None:
                self.put_back(letter.queue, letter.message)
            uow.dead_letters.resolve(letter, "requeued", by, why, self.now())
        return letter

    def discard(self, letter_id: UUID, by: str, why: str) -> DeadLetter:
        """Let a letter go; it stays on record."""
        with self.begin() as uow:
            letter = _taken(uow, letter_id)
            uow.dead_letters.resolve(letter, "discarded", by, why, self.now())
        return letter


def _taken(uow: UnitOfWork, letter_id: UUID) -> DeadLetter:
    letter = uow.dead_letters.take(letter_id)
    if letter is None:
        raise NotFound("there is no such dead letter, or it has been dealt with")
    return letter


def _deliver_again(uow: UnitOfWork, named: dict[str, str], now: datetime) -> None:
    """An outgoing event is a row: it is made due again, out of its turn."""
    Deliveries(uow.connection, uow.cipher).send_again(named["endpoint"], [UUID(named["event_id"])], now)
    uow.ring(BELL_OF[named["endpoint"]])


def _send_again(uow: UnitOfWork, named: dict[str, str], now: datetime) -> None:
    """So is a notice; whether it is still true is looked at when it is sent."""
    notices.queue_again(uow.connection, UUID(named["notice_id"]), now)
    uow.ring(SEND_NOTICES)


def _issue_again(uow: UnitOfWork, named: dict[str, str], now: datetime) -> None:
    """A receipt is a row too, and has its number: it is printed and stored again."""
    Receipts(uow.connection, uow.cipher).issue_again(UUID(named["receipt_id"]), now)
    uow.ring(ISSUE_RECEIPTS)


#: What gave up and is a row, by where its letters come from; all others were messages of a queue.
_AGAIN: Final[Mapping[str, Callable[[UnitOfWork, dict[str, str], datetime], None]]] = {
    DELIVERIES_QUEUE: _deliver_again,
    NOTICES_QUEUE: _send_again,
    RECEIPTS_QUEUE: _issue_again,
}
#: What their messages name the row by. A queue of the same name may have letters of its own, whose messages do not.
_NAMED_BY: Final = {DELIVERIES_QUEUE: "event_id", NOTICES_QUEUE: "notice_id", RECEIPTS_QUEUE: "receipt_id"}


def names_a_row(letter: DeadLetter) -> bool:
    """Whether what gave up is a row of ours rather than a message of a queue."""
    if letter.queue not in _NAMED_BY or isinstance(letter.message, Unreadable):
        return False
    try:
        named = orjson.loads(letter.message)
    except orjson.JSONDecodeError:
        return False
    return isinstance(named, dict) and _NAMED_BY[letter.queue] in named


def _masked(letter: DeadLetter) -> DeadLetter:
    """The letter without card numbers, and its words as the database takes them.

    Bytes of a message that are no text stay as they are: they hold no readable number.
    """
    text = letter.message.decode("utf-8", "surrogateescape")
    message = mask_card_numbers(text).encode("utf-8", "surrogateescape")
    return replace(
        letter,
        queue=_storable(letter.queue),
        actor=_storable(letter.actor),
        message=message,
        reason=_storable(letter.reason),
        error=_storable(letter.error),
    )


def _storable(text: str) -> str:
    return mask_card_numbers(text).replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
