"""Dead letters: keep what gave up, look at it, put it back, or let it go."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import orjson

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
from models.unit_of_work import Begin
from services.deliver_events import DELIVERIES_QUEUE
from services.issue_receipts import RECEIPTS_QUEUE
from services.send_notices import NOTICES_QUEUE

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
            uow.dead_letters.keep([_masked(letter) for letter in letters])
            uow.announce_once({refusal.key: refusal.announcement(now) for refusal in refusals})

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
        """Put a letter back on its queue. Killed half-way, it may be put back twice, which does no harm."""
        letter = self.show(letter_id)
        if letter.status != "dead":
            raise NotPutBack(f"it is {letter.status} already")
        if isinstance(letter.message, Unreadable):
            raise NotPutBack(f"it cannot be read: {letter.message.why}")
        if letter.queue == DELIVERIES_QUEUE:
            self._deliver_again(letter)
        elif letter.queue == NOTICES_QUEUE:
            self._send_again(letter)
        elif letter.queue == RECEIPTS_QUEUE:
            self._issue_again(letter)
        else:
            self.put_back(letter.queue, letter.message)
        return self._resolve(letter_id, "requeued", by, why)

    def discard(self, letter_id: UUID, by: str, why: str) -> DeadLetter:
        """Let a letter go; it stays on record."""
        return self._resolve(letter_id, "discarded", by, why)

    def _deliver_again(self, letter: DeadLetter) -> None:
        """An outgoing event is a row: it is made due again, out of its turn."""
        named = orjson.loads(letter.message)
        with self.begin() as uow:
            Deliveries(uow.connection, uow.cipher).send_again(named["endpoint"], [UUID(named["event_id"])], self.now())
            uow.ring(BELL_OF[named["endpoint"]])

    def _send_again(self, letter: DeadLetter) -> None:
        """So is a notice; whether it is still true is looked at when it is sent."""
        with self.begin() as uow:
            notices.queue_again(uow.connection, UUID(orjson.loads(letter.message)["notice_id"]), self.now())
            uow.ring(SEND_NOTICES)

    def _issue_again(self, letter: DeadLetter) -> None:
        """A receipt is a row too, and has its number: it is printed and stored again."""
        with self.begin() as uow:
            receipt_id = UUID(orjson.loads(letter.message)["receipt_id"])
            Receipts(uow.connection, uow.cipher).issue_again(receipt_id, self.now())
            uow.ring(ISSUE_RECEIPTS)

    def _resolve(self, letter_id: UUID, status: str, by: str, why: str) -> DeadLetter:
        with self.begin() as uow:
            letter = uow.dead_letters.take(letter_id)
            if letter is None:
                raise NotFound("there is no such dead letter, or it has been dealt with")
            uow.dead_letters.resolve(letter, status, by, why, self.now())
        return letter


def _masked(letter: DeadLetter) -> DeadLetter:
    """The letter without card numbers. Bytes that are no text stay as they are: they hold no readable number."""
    text = letter.message.decode("utf-8", "surrogateescape")
    message = mask_card_numbers(text).encode("utf-8", "surrogateescape")
    error = mask_card_numbers(letter.error).replace("\x00", "\ufffd")
    return replace(letter, message=message, error=error.encode("utf-8", "replace").decode())
