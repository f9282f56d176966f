"""Looks at every commit of a run: no status moves where the lifecycle has no way, and a paid payment stays paid."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from domain.lifecycle import TRANSITIONS, Status
from domain.payment import Note
from domain.session import PaymentSession
from proof.simulation.log import Log

_STATUSES: Final = frozenset(Status)
_MOVES: Final = {(before, rule.to) for (before, _), rule in TRANSITIONS.items()}

_CAME_TO_NOTHING: Final = frozenset({"refund_failed", "refund_refused", "refund_canceled"})


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that does not hold."""

    sentence: str
    #: The lot that it is about, where that is known.
    lot: str


@dataclass
class Watch:
    """Hears of everything that was noted about payments, once it is committed."""

    log: Log
    problems: list[Broken] = field(default_factory=list)
    #: Payments whose money was held, and their lots: somebody must decide.
    held: list[tuple[UUID, str]] = field(default_factory=list)
    #: Payments of which a refund came to nothing, and their lots: somebody sends it again, or pays another way.
    owed: list[tuple[UUID, str]] = field(default_factory=list)
    _status: dict[UUID, str] = field(default_factory=dict)

    def noted(self, notes: Sequence[tuple[PaymentSession, Note]]) -> None:
        """Hear of what was committed."""
        for session, note in notes:
            words = " ".join(f"{name}={value}" for name, value in note.data.items() if value is not None)
            self.log.add(session.auction_id, "noted", note.action, words)
            if note.action == "payment_held":
                self.held.append((session.id, session.auction_id))
            if note.action in _CAME_TO_NOTHING:
                self.owed.append((session.id, session.auction_id))
            if note.data.get("after") in _STATUSES:
                self._moved(session, str(note.data.get("before", "")), str(note.data["after"]))

    def _moved(self, session: PaymentSession, before: str, after: str) -> None:
        # What was committed by a worker who died before anybody heard of it may lie between.
        known = self._status.get(session.id)
        self._status[session.id] = after
        if before and (before, after) not in _MOVES:
            self._break(session, f"moved from {before} to {after}, which the lifecycle does not know")
        if known == Status.COMPLETED != after:
            self._break(session, f"was completed, and became {after}")

    def _break(self, session: PaymentSession, words: str) -> None:
        self.problems.append(Broken(f"Payment {session.id} {words}.", session.auction_id))
