"""Dead letters by the many: what gave up for which cause, and acts on all that match, with a count first."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple
from uuid import UUID

from domain.clock import Clock
from domain.errors import PermanentError
from domain.messaging import DeadLetter
from domain.security import SecurityEventKind
from domain.unreadable import Unreadable
from models.dead_letters import LetterGroup, WantedLetters
from models.paging import Paged, Place
from models.unit_of_work import Begin
from services.check_message import check_message
from services.dead_letters import DeadLetterOffice, names_a_row
from services.manage_deliveries import check_reason

#: Letters that one call deals with: some seconds of work.
BATCH: Final = 200
#: Letters whose messages a plan reads.
EXAMINED: Final = 500
_CAUSES: Final = 50


@dataclass(slots=True)
class BulkPlan:
    """What putting back would do."""

    count: int
    #: The newest letter that was looked at: what comes later is not dealt with.
    upto: UUID | None
    #: How many go back to which queue, are made due again as rows, would be refused again and why, cannot be read.
    to_queues: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    unreadable: int = 0
    examined: int = 0

    def add(self, letter: DeadLetter) -> None:
        """Count what would become of one."""
        self.examined += 1
        if isinstance(letter.message, Unreadable):
            self.unreadable += 1
        elif names_a_row(letter):
            self.rows += 1
        elif wrong := check_message(letter.queue, letter.message):
            self.refused[wrong] += 1
        else:
            self.to_queues[letter.queue] += 1


class Progress(NamedTuple):
    """How far a bulk act has come."""

    done: int
    failed: int
    #: The last letter that was dealt with; None where none was left.
    after: UUID | None
    left: int
    #: What was wrong with the last that failed.
    why: str | None = None


@dataclass(frozen=True, slots=True)
class LetterDesk:
    """Reads and bulk acts. Each letter says who dealt with it; each batch is a security event before it begins."""

    begin: Begin
    office: DeadLetterOffice
    now: Clock
    batch: int = BATCH

    def groups(self) -> list[LetterGroup]:
        """What waits for a person, by cause, most first."""
        with self.begin() as uow:
            return uow.dead_letters.groups(_CAUSES)

    def page(self, wanted: WantedLetters, place: Place, limit: int) -> Paged[DeadLetter]:
        """One page, newest first."""
        with self.begin() as uow:
            return uow.dead_letters.page(wanted, place, limit)

    def count(self, wanted: WantedLetters) -> int:
        """How many match."""
        with self.begin() as uow:
            return uow.dead_letters.count(wanted)

    def plan(self, wanted: WantedLetters) -> BulkPlan:
        """What putting all of them back would do. Nothing has changed yet."""
        with self.begin() as uow:
            letters = uow.dead_letters
            newest = letters.page(wanted, Place(), 1).rows
            upto = wanted.upto or (newest[0].id if newest else None)
            bounded = replace(wanted, upto=upto)
            plan = BulkPlan(letters.count(bounded), upto)
            for letter in letters.oldest(bounded, EXAMINED):
                plan.add(letter)
        return plan

    def requeue(self, wanted: WantedLetters, actor: str, reason: str) -> Progress:
        """Put the next of them back, the oldest first, `batch` at most.

        Raises:
            ActRefused: there is no reason.
        """
        kind = SecurityEventKind.LETTERS_PUT_BACK
        return self._each(wanted, kind, actor, reason, lambda one: self.office.requeue(one, actor, reason))

    def discard(self, wanted: WantedLetters, actor: str, reason: str) -> Progress:
        """Let the next of them go, the oldest first, `batch` at most. They stay on record.

        Raises:
            ActRefused: there is no reason.
        """
        kind = SecurityEventKind.LETTERS_DISCARDED
        return self._each(wanted, kind, actor, reason, lambda one: self.office.discard(one, actor, reason))

    def requeue_one(self, letter_id: UUID, actor: str, reason: str) -> DeadLetter:
        """Put one back; raises what `DeadLetterOffice.requeue` raises."""
        self._note(SecurityEventKind.LETTERS_PUT_BACK, actor, reason, [letter_id])
        return self.office.requeue(letter_id, actor, reason)

    def discard_one(self, letter_id: UUID, actor: str, reason: str) -> DeadLetter:
        """Let one go; raises what `DeadLetterOffice.discard` raises."""
        self._note(SecurityEventKind.LETTERS_DISCARDED, actor, reason, [letter_id])
        return self.office.discard(letter_id, actor, reason)

    def _each(
        self,
        wanted: WantedLetters,
        kind: SecurityEventKind,
        actor: str,
        reason: str,
        act: Callable[[UUID], object],
    ) -> Progress:
        with self.begin() as uow:
            letters = [one.id for one in uow.dead_letters.oldest(replace(wanted, status="dead"), self.batch)]
        if not letters:
            return Progress(0, 0, wanted.after, 0)
        self._note(kind, actor, reason, letters)
        done, why = 0, None
        for letter in letters:
            try:
                act(letter)
            except PermanentError as error:
                why = str(error)
            else:
                done += 1
        left = self.count(replace(wanted, status="dead", after=letters[-1]))
        return Progress(done, len(letters) - done, letters[-1], left, why)

    def _note(self, kind: SecurityEventKind, actor: str, reason: str, letters: Sequence[UUID]) -> None:
        check_reason(reason)
        with self.begin() as uow:
            uow.security.note(kind, self.now(), actor, letters=len(letters), first=letters[0], reason=reason)
