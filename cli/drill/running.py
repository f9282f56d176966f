"""The drill itself: a sale goes on, and faults come one after another until it is over."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from typing import Final

from cli.drill.ending import End
from cli.drill.showing import Show, told
from cli.drill.striking import Striker
from cli.drill.target import ROLES, Target
from cli.run.sale import Sale
from cli.run.settling import LOOKS, Look, in_words
from cli.run.standing import Standings
from cli.run.stopping import Stopping
from models.database import DatabaseUnavailable
from proof.drill.flow import Flow
from proof.drill.hands import Held
from proof.drill.kinds import PATIENCE, SUPERVISED, Kind
from proof.drill.plan import Fault
from proof.drill.verdict import Struck

#: How often everything is looked at, in seconds.
EVERY: Final = 0.2
#: It must look well for so many seconds without a break: what a fault has stopped shows only when it is overdue.
CALM: Final = 2.5
#: For so many seconds at most it is waited for that workers have something in hand before they are killed.
BUSY: Final = 5.0
#: A pool's connections that a fault has broken are found out one by one.
TRIES: Final = 3


@dataclass
class Drill:
    """Does faults to a running sale, and measures."""

    target: Target
    sale: Sale
    standings: Standings
    flow: Flow
    striker: Striker
    show: Show
    stopping: Stopping
    end: End
    struck: list[Struck] = field(default_factory=list)

    def strike_while_selling(self, plan: Iterator[Fault], least: int) -> None:
        """Do faults until every lot has been asked for, and at least so many.

        Raises:
            StopAsked: somebody asks to stop.
        """
        for fault in takewhile(lambda fault: fault.number <= least or not self._all_asked(), plan):
            self.stopping.nap(fault.peace)
            self._tell_house()
            self.target.check()
            self._strike(fault)

    def settle(self, seconds: float) -> str | None:
        """Wait until everything is over; returns what is not, after so many seconds.

        Raises:
            StopAsked: somebody asks to stop.
        """
        deadline, settled, left = time.monotonic() + seconds, 0, "the database does not answer"
        while settled < LOOKS:
            self.stopping.nap(2 * EVERY)
            self.target.check()
            self._tell_house()
            look = self._look()
            if look is not None and not look.house_waits.get("buyers at work"):
                self.end(look.payments)
            waits = {} if look is None else look.waits()
            settled = settled + 1 if look is not None and not waits else 0
            left = in_words(waits) or left
            if time.monotonic() > deadline:
                return left
        return None

    def _strike(self, fault: Fault) -> None:
        under_way = self._under_way()
        victims = f" {', '.join(fault.victims)}" if len(fault.victims) > 1 else ""
        lasts = f" for {fault.lasts:.0f} s" if fault.lasts else ""
        self.show.say(f"{fault.number:>3} {fault.kind}{victims}{lasts}, {len(under_way)} payments under way", "yellow")
        before = {role: self.target.heads(role) for role in (*ROLES, *_struck(fault))}
        dead = self._in_hand() if fault.kills_workers else frozenset()
        began = time.monotonic()
        with self.striker.struck(fault):
            self.stopping.nap(fault.lasts)
            began = began if not fault.lasts else time.monotonic()
        takeover = self._until(began, lambda: self.flow.taken_over(dead)) if dead else None
        recovery, last = self._recovery(began, lambda: self.flow.obstacle(partial(self._ill, before, fault)))
        self.struck.append(Struck(fault, under_way, recovery, takeover))
        self.show.say(*told(self.struck[-1], last))

    def _in_hand(self) -> Held:
        """What workers hold, as soon as they hold anything: else nothing would be taken over. After a while nothing."""
        until = time.monotonic() + BUSY
        while not (held := self.flow.hands.in_hand()) and time.monotonic() < until:
            self.stopping.nap(EVERY / 10)
        return held

    def _until(self, began: float, true: Callable[[], bool]) -> float:
        """Seconds from `began` until it is true; `PATIENCE` at most."""
        while not true() and time.monotonic() - began < PATIENCE:
            self.target.check()
            self.stopping.nap(EVERY / 4)
        return time.monotonic() - began

    def _recovery(self, began: float, obstacle: Callable[[], str]) -> tuple[float | None, str]:
        """Seconds from `began` until work flowed and went on to, None if that took too long; and the last obstacle."""
        since, last = None, ""
        while since is None or time.monotonic() - since < CALM:
            self.target.check()
            if found := obstacle():
                since, last = None, found
            elif since is None:
                since = time.monotonic()
            if since is None and time.monotonic() - began > PATIENCE:
                return None, last
            self.stopping.nap(EVERY)
        return since - began, last

    def _ill(self, before: Mapping[str, Sequence[int]], fault: Fault) -> str:
        """The processes that are still the old ones, that are missing, or do not answer soon."""
        return ", ".join(role for role, pids in before.items() if not self._is_well(role, pids, fault))

    def _is_well(self, role: str, before: Sequence[int], fault: Fault) -> bool:
        now = self.target.heads(role)
        if len(now) < len(before) or (role in _struck(fault) and set(now) & set(before)):
            return False
        return self.target.answers(role)

    def _under_way(self) -> frozenset[str]:
        asked = frozenset(record.lot.auction_id for record in self.sale.report().records if record.asked)
        for _ in range(TRIES):
            with suppress(DatabaseUnavailable):
                over = {one.auction_id for one in self.standings.of_sale(self.sale.auctions) if one.over}
                self.show.over(len(over), len(self.struck))
                return asked - over
        return asked

    def _tell_house(self) -> None:
        """A house whose webhooks go elsewhere learns here which of its messages have arrived."""
        if not self.sale.listens:
            with suppress(DatabaseUnavailable):
                self.sale.house.hear_of([one.auction_id for one in self.standings.of_sale(self.sale.auctions)])

    def _all_asked(self) -> bool:
        return all(record.asked for record in self.sale.report().records)

    def _look(self) -> Look | None:
        try:
            look = self.sale.look(self.standings, self.target.sandbox)
        except DatabaseUnavailable:
            return None
        self.show.over(sum(payment.over for payment in look.payments), len(self.struck))
        return look


def _struck(fault: Fault) -> Sequence[str]:
    """Whose processes are new ones when it is over."""
    if fault.kind in {Kind.POSTGRES_RESTARTED, Kind.REDIS_RESTARTED}:
        return (SUPERVISED[fault.kind],)
    return fault.victims
