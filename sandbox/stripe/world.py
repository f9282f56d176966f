"""The state of one sandbox and the means to change it, handed to every act and endpoint."""

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.stripe.faults import FaultPlan
from sandbox.stripe.ids import new_id
from sandbox.stripe.settings import Settings
from sandbox.stripe.store import Store
from sandbox.stripe.wire import Obj

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Cause:
    """What an event names as its request; both None where no API call caused it."""

    request_id: str | None = None
    idempotency_key: str | None = None


NOBODY = Cause()


@dataclass(slots=True)
class World:
    """One sandbox's state."""

    clock: Clock
    rng: random.Random
    settings: Settings
    faults: FaultPlan
    store: Store = field(default_factory=Store)
    cause: Cause = NOBODY
    #: The moment at which the act under way happens: a timer's own, when it is late.
    moment: float | None = None
    #: Seconds by which the sandbox's clock was moved.
    shift: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    _timers: list[tuple[float, int, str]] = field(default_factory=list)
    _mail: list[tuple[float, int, str]] = field(default_factory=list)
    _turn: int = 0
    #: Deliveries that were taken and not yet reported.
    under_way: set[str] = field(default_factory=set)

    def time(self) -> float:
        """Now, in Unix seconds, on the sandbox's clock."""
        return self.clock().timestamp() + self.shift if self.moment is None else self.moment

    @property
    def now(self) -> int:
        """Now, in whole seconds, as Stripe stamps."""
        return int(self.time())

    def at(self) -> datetime:
        """Now, as a datetime."""
        return datetime.fromtimestamp(self.time(), UTC)

    def new_id(self, prefix: str) -> str:
        """A new id of Stripe's shape."""
        return new_id(self.rng, prefix)

    def after(self, seconds: float, act: str, target: str) -> str:
        """Have `act` done to `target` later; the acts are named in `timers.py`. Returns what `disarm` takes."""
        due = self.time() + seconds
        timer: Obj = {"id": self.new_id("tmr"), "object": "sandbox.timer", "due": due, "act": act, "target": target}
        self.arm(self.store.save(timer))
        return str(timer["id"])

    def disarm(self, timer_id: str) -> None:
        """Call a timer off; one that has fired is no matter."""
        if self.store.find("sandbox.timer", timer_id) is not None:
            self.store.delete("sandbox.timer", timer_id)

    def arm(self, timer: Obj) -> None:
        """Put a timer on the clock (again, after a restart)."""
        self._turn += 1
        heapq.heappush(self._timers, (timer["due"], self._turn, timer["id"]))

    def due_timers(self, now: float) -> Iterator[Obj]:
        """Timers whose time has come, in order; those set meanwhile included. Each is forgotten as it is given."""
        while self._timers and self._timers[0][0] <= now:
            timer = self.store.find("sandbox.timer", heapq.heappop(self._timers)[2])
            if timer is not None:
                self.store.delete("sandbox.timer", timer["id"])
                yield timer

    def post(self, delivery: Obj) -> None:
        """Queue a webhook delivery for its `due` time."""
        self._turn += 1
        heapq.heappush(self._mail, (delivery["due"], self._turn, delivery["id"]))

    def due_mail(self, now: float) -> Iterator[Obj]:
        """Deliveries whose time has come."""
        while self._mail and self._mail[0][0] <= now:
            due, _, delivery_id = heapq.heappop(self._mail)
            delivery = self.store.get("sandbox.delivery", delivery_id)
            # A delivery may be queued twice after a person asked for it at once; the other entry is stale.
            if delivery["status"] == "pending" and delivery["due"] == due:
                yield delivery

    def shift_by(self, seconds: float) -> None:
        """Move the clock forward."""
        if seconds:
            self.shift += seconds
            self.store.save({"id": "clock", "object": "sandbox.setting", "shift": self.shift})

    def restore(self) -> None:
        """Take up what a store from a former run has to be done: its clock, timers and deliveries."""
        clock = self.store.find("sandbox.setting", "clock")
        self.shift = clock["shift"] if clock else 0.0
        for timer in self.store.table("sandbox.timer").oldest():
            self.arm(timer)
        meant: dict[str, set[str]] = {}
        reached: dict[str, set[str]] = {}
        for delivery in self.store.table("sandbox.delivery").oldest():
            meant.setdefault(delivery["event"], set()).add(delivery["endpoint"])
            if delivery["status"] == "succeeded":
                reached.setdefault(delivery["event"], set()).add(delivery["endpoint"])
            elif delivery["status"] == "pending":
                self.post(delivery)
        for event in self.store.table("event").oldest():
            event["pending_webhooks"] = len(meant.get(event["id"], set()) - reached.get(event["id"], set()))

    def next_due(self) -> float | None:
        """When something happens next by itself."""
        while self._timers and self.store.find("sandbox.timer", self._timers[0][2]) is None:
            heapq.heappop(self._timers)
        heads = [heap[0][0] for heap in (self._timers, self._mail) if heap]
        return min(heads) if heads else None

    def forget(self, kept: set[str]) -> None:
        """Drop everything but these kinds, and what is noted of them."""
        store = self.store
        safe = {row["id"] for kind in kept for row in store.table(kind).oldest()}
        for kind, table in list(store.tables.items()):
            for object_id in list(table.where):
                if kind not in kept and not (kind == "sandbox.note" and object_id in safe):
                    store.delete(kind, object_id)
        store.index.clear()
        self._timers.clear()
        self._mail.clear()
        self.under_way.clear()
        self.calls.clear()
        self.refusals.clear()
        self.faults.struck.clear()
