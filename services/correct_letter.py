"""Correct a message that gave up, and put it back; what came stays beside what was sent."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from domain.clock import Clock
from domain.errors import NotFound
from domain.masking import mask_card_numbers
from domain.messages import MAX_BYTES
from domain.messaging import DeadLetter
from domain.security import SecurityEventKind
from domain.unreadable import Unreadable
from models.unit_of_work import Begin
from services.check_message import check_message, has_sound_envelope
from services.dead_letters import NotPutBack, PutBack, names_a_row
from services.manage_deliveries import check_reason


@dataclass(frozen=True, slots=True)
class Draft:
    """What of a letter can be corrected."""

    text: str
    #: Whether it is the whole message, because its envelope is wrong; else what the message carries.
    is_whole: bool
    #: The same, read; None where it is no JSON.
    document: Any = None


@dataclass(frozen=True, slots=True)
class CorrectLetter:
    """Correct letters whose messages were messages of a queue."""

    begin: Begin
    put_back: PutBack
    now: Clock

    def draft(self, letter: DeadLetter) -> Draft:
        """What can be corrected of it.

        Raises:
            NotPutBack: it was dealt with, it is a row rather than a message, or it cannot be read or drawn.
        """
        if letter.status != "dead":
            raise NotPutBack(f"it is {letter.status} already")
        if isinstance(letter.message, Unreadable):
            raise NotPutBack(f"it cannot be read: {letter.message.why}")
        if len(letter.message) > MAX_BYTES:
            raise NotPutBack(f"it is longer than {MAX_BYTES // 1024} KB")
        if names_a_row(letter):
            raise NotPutBack("it names a row of ours, in which there is nothing to correct")
        if has_sound_envelope(letter.queue, letter.message):
            return _pretty(orjson.loads(letter.message)["kwargs"], is_whole=False)
        try:
            return _pretty(orjson.loads(letter.message), is_whole=True)
        except orjson.JSONDecodeError:
            return Draft(letter.message.decode(errors="replace"), is_whole=True)

    def corrected(self, letter: DeadLetter, text: str) -> bytes:
        """The message as it would be sent.

        Raises:
            NotPutBack: it would not be taken; says what is wrong, and where.
        """
        if len(text) > MAX_BYTES:
            raise NotPutBack(f"it is longer than {MAX_BYTES // 1024} KB")
        draft = self.draft(letter)
        try:
            document = orjson.loads(mask_card_numbers(text))
        except orjson.JSONDecodeError as error:
            raise NotPutBack(f"it is no JSON: {error}") from None
        if not draft.is_whole:
            document = orjson.loads(letter.message) | {"kwargs": document}
        message = _written(document)
        wrong = check_message(letter.queue, message)
        if wrong is not None:
            raise NotPutBack(wrong)
        return message

    def __call__(self, letter_id: UUID, text: str, actor: str, reason: str) -> DeadLetter:
        """Put the corrected message back. Killed half-way, it may be put back twice, which does no harm.

        Raises:
            NotFound: there is no such letter, or somebody has dealt with it.
            NotPutBack: it would not be taken.
            ActRefused: there is no reason.
        """
        check_reason(reason)
        with self.begin() as uow:
            # Locked until it is dealt with: of two corrections of one letter only one is sent.
            letter = uow.dead_letters.take(letter_id)
            if letter is None:
                raise NotFound("there is no such dead letter, or it has been dealt with")
            letter.corrected = self.corrected(letter, text)
            self.put_back(letter.queue, letter.corrected)
            now = self.now()
            uow.dead_letters.resolve(letter, "requeued", actor, reason, now)
            kind = SecurityEventKind.LETTER_CORRECTED
            uow.security.note(kind, now, actor, letter=letter_id, queue=letter.queue, reason=reason)
        return letter


def _pretty(document: Any, *, is_whole: bool) -> Draft:
    return Draft(_written(document, orjson.OPT_INDENT_2).decode(), is_whole, document)


def _written(document: Any, option: int = 0) -> bytes:
    try:
        return orjson.dumps(document, option=option)
    except orjson.JSONEncodeError:
        # What has been read from JSON can be written as JSON, but for its depth.
        raise NotPutBack("it is nested too deeply: no message of ours is") from None
