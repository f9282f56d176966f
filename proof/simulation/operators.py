"""Operators: they extend, terminate, retry, refund, agree, accept and release; and are refused at times."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Final
from uuid import UUID

from domain.errors import ActRefused, IllegalTransition, NotFound, OfferRefused, TransientError
from domain.holds import AMOUNT_DIFFERS
from domain.ids import SessionId
from domain.lifecycle import Status
from domain.transaction import Refund
from proof.simulation.database import Died
from proof.simulation.house import House
from proof.simulation.lots import Lot
from proof.simulation.stage import Stage

_REFUSALS: Final = (ActRefused, IllegalTransition, NotFound, OfferRefused, TransientError)
_REASON: Final = "a person has decided so"
_ONE, _OTHER = "admin:one", "admin:two"
#: Seconds between two looks of operators at what waits for them, and after how many of them somebody decides at most.
_HELD_LOOK, _HELD_LOOKS = 120.0, 40.0
#: What becomes of a refund that came to nothing.
_OWED: Final = {"sends": 5.0, "pays": 4.0, "leaves": 2.0}


class Operators:
    """What operators do, by what was drawn for each lot."""

    def __init__(self, stage: Stage, house: House) -> None:
        self._house, self._dice, self._loop, self._log = house, stage.dice, stage.loop, stage.log

    def expect(self, lot: Lot) -> None:
        """Plan what will be done to this lot's payment."""
        if lot.act != "nothing":
            self._loop.people_at(lot.starts + lot.acts_at, lambda: self._do(lot, lot.act))

    def held(self, session_id: UUID, name: str) -> None:
        """A payment is held: somebody decides in a while."""
        self._loop.people_at(self._next_look(name), lambda: self._decide(session_id, name))

    def owed(self, session_id: UUID, name: str) -> None:
        """A refund came to nothing: somebody sends it again, pays in another way, or leaves it."""
        act = self._dice.choose(_OWED, name, "owed")
        if act != "leaves":
            self._loop.people_at(self._next_look(name), lambda: self._make_up(session_id, name, act))

    def _next_look(self, name: str) -> float:
        wait = self._dice.between(1, _HELD_LOOKS, name, "look")
        return (self._loop.now // _HELD_LOOK + 1 + int(wait)) * _HELD_LOOK

    def retry(self, name: str) -> None:
        """The buyer asks for another attempt."""
        for session_id in self._sessions(name):
            self._try(name, "buyer asks for a retry", partial(self._house.app.retry_payment, session_id, "buyer"))

    def _do(self, lot: Lot, act: str) -> None:
        for session_id in self._sessions(lot.name):
            self._try(lot.name, f"operator: {act}", partial(self._act, session_id, act, lot))

    def _act(self, session_id: SessionId, act: str, lot: Lot) -> None:
        app = self._house.app
        match act:
            case "extend":
                minutes = int(self._dice.between(1, 90, lot.name, "extension"))
                app.extend_window(session_id, timedelta(minutes=minutes), _REASON, _ONE)
            case "terminate":
                app.terminate_window(session_id, _REASON, _ONE)
            case "close":
                app.close_by_request(session_id, "service:auctions")
            case "retry":
                app.retry_payment(session_id, _ONE)
            case "refund":
                self._agreed(lot, app.request_refund(session_id, reason=_REASON, actor=_ONE))
            case "refund_part" | "refund_twice":
                for _ in range(1 + (act == "refund_twice")):
                    self._agreed(lot, self._part(session_id))

    def _part(self, session_id: SessionId) -> Refund:
        app = self._house.app
        amount = app.view_payments.one(session_id).session.amount
        part = amount.major / 3
        written = f"{part:.0f}" if amount.currency == "JPY" else f"{part:.2f}"
        return app.request_refund(session_id, reason=_REASON, actor=_ONE, amount=str(Decimal(written)))

    def _agreed(self, lot: Lot, refund: Refund) -> Refund:
        if refund.awaits_approval:
            decide = self._house.app.decide_refund
            yes = self._dice.throw(lot.name, "second person", str(refund.amount_minor)) < 0.8  # noqa: PLR2004
            act: Callable[..., Refund] = decide.approve if yes else decide.decline
            return act(refund.session_id, refund.id, reason=_REASON, actor=_OTHER)
        return refund

    def _decide(self, session_id: UUID, name: str) -> None:
        app = self._house.app
        payment = app.view_payments.one(session_id)
        if payment.session.status is not Status.PROCESSING:
            return
        keeps = self._dice.throw(name, "held") < 0.5  # noqa: PLR2004
        if keeps and payment.session.reason == AMOUNT_DIFFERS:
            accept = self._house.app.accept_other_amount
            told = self._try(name, "operator: accepts another amount", lambda: accept(session_id, _ONE, _REASON))
        elif keeps:
            told = self._try(name, "operator: release", lambda: app.release_hold(session_id, _ONE, _REASON))
        else:
            told = self._try(name, "operator: refunds what is held", lambda: self._give_back(session_id))
        if not told:
            self.held(session_id, name)

    def _make_up(self, session_id: UUID, name: str, act: str) -> None:
        if act == "pays":
            settle = partial(self._house.app.decide_refund.settle, session_id, reason=_REASON, actor=_ONE)
            self._try(name, "operator: pays another way", settle)
        else:
            self._try(name, "operator: sends again", lambda: self._give_back(session_id))

    def _give_back(self, session_id: UUID) -> Refund:
        refund = self._house.app.request_refund(session_id, reason=_REASON, actor=_ONE)
        if refund.awaits_approval:
            return self._house.app.decide_refund.approve(session_id, refund.id, reason=_REASON, actor=_OTHER)
        return refund

    def _sessions(self, name: str) -> list[SessionId]:
        rows = self._house.app.database.rows(
            "SELECT id FROM payment_sessions WHERE auction_id = %s ORDER BY created_at, id", (name,)
        )
        return [SessionId(row[0]) for row in rows[-1:]]

    def _try(self, name: str, words: str, act: Callable[[], object]) -> bool:
        """Do it; returns whether anybody answered."""
        answered = True
        try:
            with self._house.bells.at_work("api"):
                act()
        except Died:
            answered = False
            self._log.add(name, words, "no answer")
        except _REFUSALS as refusal:
            self._log.add(name, words, "refused:", getattr(refusal, "code", ""))
        else:
            self._log.add(name, words)
        self._house.calls.changed()
        return answered
