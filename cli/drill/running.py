"""The drill itself: a sale goes on, and faults come one after another until it is over."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

import httpx

from cli.drill.showing import Show, told
from cli.drill.striking import Striker
from cli.run.sale import Sale
from cli.run.settling import LOOKS, Look, in_words
from cli.run.stack import Stack
from cli.run.standing import Standings
from cli.run.stopping import Stopping
from models.database import DatabaseUnavailable
from proof.drill.flow import Flow
from proof.drill.kinds import PATIENCE
from proof.drill.plan import Fault
from proof.drill.verdict import Struck

#: How often everything is looked at, in seconds.
EVERY: Final = 0.2
#: It must look well for so many seconds without a break: what a fault has stopped shows only when it is overdue.
CALM: Final = 2.5
#: A pool's connections that a fault has broken are found out one by one.
TRIES: Final = 3
#: Seconds that a process may take to say that it is well.
HEALTH_TIMEOUT: Final = 1.0


@dataclass
class Drill:
    """Does faults to a running sale, and measures."""

    stack: Stack
    sale: Sale
    standings: Standings
    flow: Flow
    striker: Striker
    show: Show
    stopping: Stopping
    struck: list[Struck] = field(default_factory=list)

    def strike_while_selling(self, plan: Iterator[Fault], least: int) -> None:
        """Do faults until every lot has been asked for, and at least so many.

        Raises:
            StopAsked: somebody asks to stop.
        """
        for fault in takewhile(lambda fault: fault.number <= least or not self._all_asked(), plan):
            self.stopping.nap(fault.peace)
            self.stack.supervisor.raise_failure()
            self._strike(fault)

    def settle(self, seconds: float) -> str | None:
        """Wait until everything is over; returns what is not, after so many seconds.

        Raises:
            StopAsked: somebody asks to stop.
        """
        deadline, settled, left = time.monotonic() + seconds, 0, "the database does not answer"
        while settled < LOOKS:
            self.stopping.nap(2 * EVERY)
            self.stack.supervisor.raise_failure()
            look = self._look()
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
        before = {role: self.stack.supervisor.pids().get(role) for role in fault.victims}
        dead_hands = self.flow.in_hand() if "worker" in fault.victims else frozenset()
        began = time.monotonic()
        with self.striker.struck(fault):
            self.stopping.nap(fault.lasts)
            began = began if not fault.lasts else time.monotonic()

        def ill() -> str:
            pids = self.stack.supervisor.pids()
            dead = [role for role, pid in before.items() if pids.get(role) == pid]
            return ", ".join(dead or self._ill())

        recovery, last = self._recovery(began, lambda: self.flow.obstacle(dead_hands, ill))
        self.struck.append(Struck(fault, under_way, recovery))
        self.show.say(*told(self.struck[-1], last))

    def _recovery(self, began: float, obstacle: Callable[[], str]) -> tuple[float | None, str]:
        """Seconds from `began` until work flowed and went on to, None if that took too long; and the last obstacle."""
        since, last = None, ""
        while since is None or time.monotonic() - since < CALM:
            self.stack.supervisor.raise_failure()
            if found := obstacle():
                since, last = None, found
            elif since is None:
                since = time.monotonic()
            if since is None and time.monotonic() - began > PATIENCE:
                return None, last
            self.stopping.nap(EVERY)
        return since - began, last

    def _ill(self) -> list[str]:
        """The processes that do not answer, or not soon."""
        urls, supervisor = self.stack.urls, self.stack.supervisor
        pages = {
            "ingest": f"{urls['ingest']}/healthz",
            "api": f"{urls['api']}/healthz",
            "worker": urls["worker_metrics"],
            "scheduler": urls["scheduler_metrics"],
        }
        return [role for role, page in pages.items() if not (supervisor.is_ready(role) and page and _answers(page))]

    def _under_way(self) -> frozenset[str]:
        asked = frozenset(record.lot.auction_id for record in self.sale.report().records if record.asked)
        for _ in range(TRIES):
            with suppress(DatabaseUnavailable):
                over = {one.auction_id for one in self.standings.of_sale(self.sale.auctions) if one.over}
                self.show.over(len(over), len(self.struck))
                return asked - over
        return asked

    def _all_asked(self) -> bool:
        return all(record.asked for record in self.sale.report().records)

    def _look(self) -> Look | None:
        try:
            look = self.sale.look(self.standings, self.stack.urls["sandbox"])
        except DatabaseUnavailable:
            return None
        self.show.over(sum(payment.over for payment in look.payments), len(self.struck))
        return look


def _answers(page: str) -> bool:
    try:
        return httpx.get(page, timeout=HEALTH_TIMEOUT, trust_env=False).is_success
    except httpx.HTTPError:
        return False
