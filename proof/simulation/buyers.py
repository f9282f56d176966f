"""Buyers with habits, at Stripe's pages. They know nothing of us."""

from collections.abc import Callable
from typing import Final

from proof.simulation.calls import Calls
from proof.simulation.lots import Lot
from proof.simulation.stage import Stage
from sandbox.stripe.errors import StripeError
from sandbox.stripe.wire import Obj

_GOOD, _BAD, _SECURE, _DEBIT = "visa", "declined", "3ds", "bank_debit"
_DEBITS: Final = frozenset({"debit", "debit_fails", "debit_late", "debit_fails_late"})
_NEAR_THE_END: Final = frozenset({"last_second", "too_late"})
#: What each habit pays its first page with.
_CARDS: Final = {
    "pays": _GOOD,
    "asks_for_retry": _BAD,
    "two_tabs": _BAD,
    "declined_then_pays": _BAD,
    "declined_pays_next_page": _BAD,
    "declined_always": _BAD,
    "three_ds": _SECURE,
    "three_ds_fails_then_pays": _SECURE,
    "three_ds_left": _SECURE,
    "disputed": "dispute",
    "warned": "early_fraud_warning",
    "elevated": "elevated",
    "highest": "highest",
    "refund_fails": "refund_fails",
    "refund_pends": "pm_card_pendingRefund",
}
#: How near to the end somebody pays who pays at the last second.
_NEAR: Final = 3.0
_DEBIT_SECONDS: Final = 240.0
_HOUR: Final = 3600.0
#: How often more is paid than was asked, and by a card whose refunds fail.
_MORE, _GONE = 0.5, 0.3


class Buyers:
    """What buyers do, by what was drawn for their lots."""

    def __init__(self, stage: Stage, calls: Calls, retry: Callable[[str], None]) -> None:
        self._core, self._dice, self._loop, self._log = stage.core, stage.dice, stage.loop, stage.log
        self._rules, self._calls, self._retry = stage.rules, calls, retry
        #: Hears of each lot that may be paid soon.
        self.paid: Callable[[Lot], None] = lambda _lot: None
        self._pages: dict[str, list[str]] = {}
        self._lots: dict[str, Lot] = {}

    def expect(self, lot: Lot) -> None:
        """This lot's buyer will come when there is a page."""
        self._lots[lot.name] = lot

    def page_opened(self, name: str, page: Obj) -> None:
        """A page, or a payment intent for the page of ours, can be paid from now on."""
        lot, pages = self._lots.get(name), self._pages.setdefault(name, [])
        pages.append(page["id"])
        if lot is None:
            return
        number = len(pages)
        if number == 1:
            self._first(lot, page)
        elif number <= 4:  # noqa: PLR2004 - the fifth page finds nobody
            self._further(lot, page, number)

    def _first(self, lot: Lot, page: Obj) -> None:
        wait, one = lot.hesitates, page["id"]
        if lot.habit in _DEBITS:
            self._debit(lot, page)
        elif lot.habit in _NEAR_THE_END:
            self._near_the_end(lot, page)
        elif lot.habit in _CARDS:
            self._later(wait, lot, one, _CARDS[lot.habit])
        if lot.habit == "asks_for_retry":
            self._loop.people_at(self._loop.now + wait + 30, lambda: self._retry(lot.name))
        if lot.habit == "pays_at_once":
            self._later(0.0, lot, one, _GOOD, sharp=True)
        if lot.habit == "declined_then_pays":
            self._later(wait + 30, lot, one, _GOOD)
        if lot.habit == "three_ds":
            self.act(wait + 40, lot, "passes 3-D Secure", lambda: self._core.authenticate(one))
        if lot.habit == "three_ds_fails_then_pays":
            self.act(wait + 40, lot, "fails 3-D Secure", lambda: self._core.authenticate(one, passed=False))
            self._later(wait + 90, lot, one, _GOOD)
        self._trouble(lot, page)
        self.paid(lot)

    def _trouble(self, lot: Lot, page: Obj) -> None:
        """What some do to the money."""
        wait = lot.hesitates
        if lot.habit == "pays_other_amount":
            self.act(wait, lot, "pays another amount", lambda: self._pay_other(lot, page))
        if lot.habit == "disputes_later":
            self._later(wait, lot, page["id"], _GOOD)

    def _further(self, lot: Lot, page: Obj, number: int) -> None:
        one, old = page["id"], self._pages[lot.name][0]
        match lot.habit:
            case "declined_always":
                self._later(20, lot, one, _BAD)
            case "two_tabs":
                self._later(20, lot, old, _GOOD)
                self._later(21, lot, one, _GOOD)
            case "declined_pays_next_page" | "asks_for_retry":
                self._later(20.0 * number, lot, one, _GOOD)
            case "last_second" | "too_late":
                self._near_the_end(lot, page)
            case _:
                if self._dice.throw(lot.name, "comes back", number) < 0.5:  # noqa: PLR2004
                    self._later(40, lot, one, _GOOD)

    def _debit(self, lot: Lot, page: Obj) -> None:
        if lot.message["currency"] != "USD" or lot.message["policy"] != "standard":
            self._later(lot.hesitates, lot, page["id"], _GOOD)
            return
        self._later(lot.hesitates, lot, page["id"], _DEBIT)
        late = lot.habit.endswith("late")
        wait = lot.hesitates + _DEBIT_SECONDS + (self._window(lot) if late else 0.0)
        passed = "fails" not in lot.habit
        word = "debit arrives" if passed else "debit fails"
        self.act(wait, lot, word, lambda: self._core.settle(page["id"], passed=passed))

    def _near_the_end(self, lot: Lot, page: Obj) -> None:
        end = page["created"] + self._window(lot)
        closes = page.get("expires_at")
        if closes is not None and abs(closes - end) < 90:  # noqa: PLR2004 - Stripe's end is the window's
            end = closes
        wait = end - self._core.now().timestamp()
        if lot.habit == "too_late":
            wait += self._dice.between(5, 600, lot.name, "late by", page["id"] and len(self._pages[lot.name]))
        else:
            wait += self._dice.between(-_NEAR, _NEAR, lot.name, "near by", len(self._pages[lot.name]))
        self._later(wait, lot, page["id"], _GOOD, sharp=True)

    def _window(self, lot: Lot) -> float:
        is_standard = lot.message["policy"] == "standard"
        return (self._rules.window if is_standard else self._rules.instant_window).total_seconds()

    def _later(self, wait: float, lot: Lot, page: str, card: str, *, sharp: bool = False) -> None:
        self.act(wait, lot, f"pays {page[:18]} with {card}", lambda: self._core.pay(page, card), sharp=sharp)

    def act(self, wait: float, lot: Lot, words: str, act: Callable[[], object], *, sharp: bool = False) -> None:
        """Have somebody outside do something in so many seconds, or with a crowd of others a little later."""

        def do() -> None:
            try:
                result: object = act()
            except StripeError as error:
                result = f"refused: {error}"
            if isinstance(result, dict):
                result = result["status"]
            self._log.add(lot.name, "buyer", words, result)
            self._calls.changed()

        when = self._loop.now + max(wait, 0.0)
        if lot.in_crowd and not sharp:
            # What is hours away comes in larger crowds: banks decide many disputes at once.
            crowd = self._rules.crowd * (1 if wait < _HOUR else 10)
            when = -(-when // crowd) * crowd
        self._loop.people_at(when, do)

    def _pay_other(self, lot: Lot, page: Obj) -> object:
        """What was agreed with Stripe was changed in its dashboard before the buyer came."""
        store = self._core.world.store
        row = store.get(page["object"], page["id"])
        name = "amount_total" if page["object"] == "checkout.session" else "amount"
        if row["status"] not in ("open", "requires_payment_method"):
            return "too late"
        row[name] += 100 if self._dice.throw(lot.name, "more") < _MORE else -100
        store.save(row)
        gone = self._dice.throw(lot.name, "gone") < _GONE
        return self._core.pay(page["id"], "refund_fails" if gone else _GOOD)
