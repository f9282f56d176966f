"""Banks, and people at Stripe's dashboard: disputes, refunds that come back, reviews, refunds made by hand."""

from collections.abc import Callable
from typing import Final, Protocol

from proof.simulation.lots import Lot
from proof.simulation.stage import Stage
from sandbox.stripe.wire import Obj

#: How often a bank decides for us, or in part.
_WON, _IN_PART = 0.5, 0.3
#: How often a review is approved at Stripe, and somebody refunds by hand there.
_APPROVED, _BY_HAND = 0.6, 0.02
#: How often a refund comes back; and where the money was held, for that is when it is hard to get right.
_COMES_BACK, _HELD_COMES_BACK = 0.1, 0.4
_HELD: Final = ("elevated", "pays_other_amount")
_HOUR: Final = 3600.0
_UNDER_WAY: Final = ("pending", "succeeded")


class _Act(Protocol):
    def __call__(self, wait: float, lot: Lot, words: str, act: Callable[[], object]) -> None: ...


class Banks:
    """What happens at Stripe without us.

    Args:
        stage: what everybody shares.
        act: has something done in a while, as people do it.
    """

    def __init__(self, stage: Stage, act: _Act) -> None:
        self._core, self._dice, self._act = stage.core, stage.dice, act
        self._lots: dict[str, Lot] = {}

    def expect(self, lot: Lot) -> None:
        """This lot may be paid soon."""
        self._lots[lot.name] = lot
        wait = lot.hesitates
        if lot.habit == "disputes_later":
            self._act(wait + self._soon(lot, "disputes", 2), lot, "disputes", lambda: self._dispute(lot))
        if lot.habit in ("disputed", "disputes_later"):
            self._act(wait + self._soon(lot, "bank", 4), lot, "bank decides", lambda: self._decide(lot))
        if lot.habit == "elevated" and self._dice.throw(lot.name, "review") < _APPROVED:
            self._act(wait + self._soon(lot, "reviews", 2), lot, "review is approved", lambda: self._approve(lot))
        if self._dice.throw(lot.name, "by hand") < _BY_HAND:
            self._act(wait + self._soon(lot, "at Stripe", 2), lot, "refund by hand", lambda: self._refund(lot))

    def refund_made(self, name: str, made: Obj) -> None:
        """Stripe has made a refund; the buyer's bank may send it back."""
        lot = self._lots.get(name)
        if lot is None:
            return
        odds = _HELD_COMES_BACK if lot.habit in _HELD else _COMES_BACK
        if self._dice.throw(name, "comes back") < odds:
            wait = self._soon(lot, "comes back after", 1)
            self._act(wait, lot, "refund comes back", lambda: self._send_back(made["id"]))

    def _soon(self, lot: Lot, word: str, hours: float) -> float:
        return self._dice.between(60, hours * _HOUR, lot.name, word)

    def _dispute(self, lot: Lot) -> object:
        for charge in self._charges(lot):
            left = charge["amount"] - charge["amount_refunded"]
            if charge["paid"] and not charge["disputed"] and left:
                return self._core.dispute(charge["id"], "product_not_received")["status"]
        return "nothing to dispute"

    def _decide(self, lot: Lot) -> object:
        """The bank decides what is disputed; some things it never does."""
        for charge in self._charges(lot):
            for made in list(self._core.world.store.table("dispute").oldest()):
                if made["charge"] == charge["id"] and made["status"] not in ("won", "lost"):
                    won = self._dice.throw(lot.name, "dispute") < _WON
                    in_part = not won and self._dice.throw(lot.name, "won in part") < _IN_PART
                    returned = made["amount"] // 3 if in_part else 0
                    return self._core.close_dispute(made["id"], won=won, returned=returned)["status"]
        return "nothing to decide"

    def _approve(self, lot: Lot) -> object:
        reviews = [one["review"] for one in self._charges(lot) if one["review"]]
        return [self._core.close_review(one)["closed_reason"] for one in reviews]

    def _refund(self, lot: Lot) -> object:
        """A third of what is left, which our own refunds do not know of. What Connect passed on is left alone."""
        for charge in self._charges(lot):
            left = charge["amount_captured"] - charge["amount_refunded"]
            if charge["paid"] and not charge["disputed"] and not charge.get("transfer") and left >= 3:  # noqa: PLR2004
                return self._core.refund(charge["id"], left // 3)["status"]
        return "nothing to refund"

    def _send_back(self, refund_id: str) -> object:
        made = self._core.world.store.get("refund", refund_id)
        return self._core.fail_refund(refund_id)["status"] if made["status"] in _UNDER_WAY else "is over"

    def _charges(self, lot: Lot) -> list[Obj]:
        rows = self._core.world.store.table("charge").oldest()
        return [row for row in rows if (row["metadata"] or {}).get("auction_id") == lot.name]
