"""Stripe in process: the sandbox's core, reached through the real adapter, with replies that get lost on the way."""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from proof.simulation.database import Died
from proof.simulation.stage import Stage
from sandbox.stripe.faults import Fault
from sandbox.stripe.routes import match
from sandbox.stripe.wire import Obj, Request

#: Faults of the core itself, with the probability of each for one call.
_AT_STRIPE: Final = {
    "rate_limit": 0.02,
    "lock_timeout": 0.02,
    "error_before": 0.02,
    "lost_before": 0.02,
    "error_begun": 0.01,
    "error_after": 0.01,
    "lost_after": 0.04,
}
#: Probabilities of what befalls the worker that asks, for all calls together that it has under way.
_DIES_BEFORE, _DIES_AFTER, _SLOW, _STALLS = 0.01, 0.02, 0.05, 0.05
#: A stalled worker comes back after others have long taken its work over.
_STALL_SECONDS: Final = (8.0, 90.0)
#: Calls under way at the same time, one inside the other.
_DEEPEST: Final = 4
_REFUSALS: Final = (400, 402, 403, 404)
_OPENED: Final = {
    "checkout.sessions.create": "checkout.session",
    "payment_intents.create": "payment_intent",
    "refunds.create": "refund",
}


class Calls:
    """What the adapter's HTTP client asks. One call at a time is answered; others may happen while it is under way."""

    def __init__(self, stage: Stage) -> None:
        self._core, self._dice, self._loop, self._log = stage.core, stage.dice, stage.loop, stage.log
        #: Which lot an object of Stripe's belongs to.
        self.lots: dict[str, str] = {}
        #: Lots of which a webhook was dropped for ever.
        self.unheard: set[str] = set()
        #: Keys that Stripe has refused for good.
        self.refused: set[str] = set()
        #: Whether a worker asks, who may die; else a person does.
        self.by_worker = False
        #: How many calls the process that asks has under way: what befalls it, befalls all of them.
        self.hands = 1
        #: Hears of each page that a buyer can pay on.
        self.opened: Callable[[str, Obj], None] = lambda _lot, _page: None
        #: Hears of each refund that Stripe has made for us.
        self.refunded: Callable[[str, Obj], None] = lambda _lot, _made: None
        #: Called after Stripe's state may have changed.
        self.changed: Callable[[], None] = lambda: None
        #: How many transactions are open: none may be while Stripe is asked.
        self.transactions: Callable[[], int] = lambda: 0
        #: What was not as it must be.
        self.problems: list[str] = []
        self._depth = 0

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], form: str
    ) -> tuple[int, bytes, Mapping[str, str]] | None:
        """One call, with all that may happen to it."""
        parts = urlsplit(url)
        request = Request.of(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, form, headers)
        found = match(request.method, request.path)
        operation, target = (found[0].operation, found[1]) if found else ("unknown", "")
        key = request.headers.get("idempotency-key", "")
        lot = key.partition(":")[0] or self.lots.get(target, "")
        site = (operation, lot or "-")
        if self.transactions():
            self.problems.append(f"Auction {lot}: {operation} was asked of Stripe inside a transaction.")
        mortal = self.by_worker
        if mortal and self._dice.strikes("dies_before_call", _DIES_BEFORE / self.hands, *site):
            self._log.add(lot, "worker died before", operation)
            raise Died
        self._pass(site, lot, before=True)
        answer = self._answer(request, operation, lot, site)
        self._pass(site, lot, before=False)
        if mortal and self._dice.strikes("dies_after_call", _DIES_AFTER / self.hands, *site):
            self._log.add(lot, "worker died after", operation)
            raise Died
        return answer

    def _answer(
        self, request: Request, operation: str, lot: str, site: tuple[str, str]
    ) -> tuple[int, bytes, Mapping[str, str]] | None:
        struck = next((kind for kind, odds in _AT_STRIPE.items() if self._dice.strikes(kind, odds, *site)), None)
        plan, kind = self._core.world.faults, _OPENED.get(operation)
        table = self._core.world.store.table(kind) if kind else None
        before = len(table) if table is not None else 0
        plan.rules = [] if struck is None else [Fault(struck, status=503 if struck == "error_before" else 500)]
        try:
            response = self._core.handle(request)
        finally:
            plan.rules = []
        if response.status in _REFUSALS:
            self.refused.add(request.headers.get("idempotency-key", ""))
        if table is not None and len(table) > before:
            self._remember(lot, next(table.newest()))
        self._log.add(lot, operation, "lost" if response.lost else response.status, struck or "")
        self.changed()
        return None if response.lost else (response.status, response.body, response.headers)

    def _remember(self, lot: str, made: Obj) -> None:
        self.lots[made["id"]] = lot
        if made["object"] == "refund":
            self.refunded(lot, made)
        else:
            self.opened(lot, made)

    def _pass(self, site: tuple[str, str], lot: str, *, before: bool) -> None:
        """Time that a call takes; its worker may be stopped for so long that its lease runs out."""
        if self._depth >= _DEEPEST:
            return
        word = "before" if before else "after"
        if self._dice.strikes("stalls", _STALLS / self.hands, word, *site):
            seconds = self._dice.between(*_STALL_SECONDS, "stall", word, *site)
        elif self._dice.strikes("slow", _SLOW / self.hands, word, *site):
            seconds = self._dice.between(0.1, 4.0, "slowness", word, *site)
        else:
            return
        self._log.add(lot, site[0], f"takes {seconds:.1f} s", word)
        self.wait(seconds)

    def wait(self, seconds: float) -> None:
        """Somebody waits, and others act meanwhile, as far as not everybody waits already."""
        if self._depth >= _DEEPEST:
            self._loop.skip(seconds)
            return
        asks, self.by_worker = self.by_worker, False
        hands, self.hands = self.hands, 1
        wrong, self._loop.wrong_by = self._loop.wrong_by, 0.0
        self._depth += 1
        try:
            self._loop.let_pass(seconds)
        finally:
            self._depth -= 1
            self.by_worker, self.hands, self._loop.wrong_by = asks, hands, wrong
