"""One run: a seed, its lots, their lives to the end, and whether everything holds."""

import random
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from domain import bells as names
from gateways.stripe.events import HANDLED
from gateways.stripe.signatures import Signatures
from proof.simulation import questions
from proof.simulation.banks import Banks
from proof.simulation.buyers import Buyers
from proof.simulation.checking import check
from proof.simulation.courier import Courier, stored
from proof.simulation.database import Lines
from proof.simulation.dice import Dice
from proof.simulation.house import SWEEP, House, build_house
from proof.simulation.log import Log
from proof.simulation.looking import Outlook
from proof.simulation.loop import Loop
from proof.simulation.lots import ACCOUNTS, draw_lot, draw_rules
from proof.simulation.operators import Operators
from proof.simulation.producer import Producer
from proof.simulation.stage import Stage
from proof.simulation.watching import Broken, Watch
from sandbox.stripe.core import StripeCore
from sandbox.stripe.objects.account import account
from sandbox.stripe.settings import Settings

_HOUSE: Final = Path(__file__).parents[2]
_SECRET: Final = "whsec_simulation"  # noqa: S105 - obviously fake
#: Seconds of virtual time after which a run that has not settled never will: a refund waits three days for consent.
_PATIENCE: Final = 80 * 3600.0
#: Steps of one run at most: beyond this it turns in a circle.
_STEPS: Final = 4_000_000
#: What only the clock asks for, and at which of its ticks.
_BY_THE_CLOCK: Final = {names.RECONCILE_EVENTS: 1, names.EXPLAIN_MONEY: 3}
_LONGEST_SLEEP: Final = 300.0
_LONGEST_CALM: Final = 3 * 3600.0
#: Seconds in which things still go wrong when the last window is over: sweeps, refunds, papers and news of the end.
_AFTERWARDS: Final = 2 * 3600.0
#: What befalls a tick of the scheduler: it is gone for minutes, late, or there are two of it.
_TICK_LOST, _TICK_LATE, _TICK_TWICE, _AWAY = 0.03, 0.05, 0.05, 0.01


@dataclass(frozen=True, slots=True)
class Plan:
    """Which run: a seed, how many lots; and where it is cut down, which lots and faults are left."""

    seed: int
    payments: int
    lots: frozenset[int] | None = None
    faults: frozenset[str] | None = None
    #: Whether the result tells every line of what happened.
    whole_log: bool = False

    def numbers(self) -> list[int]:
        """The lots' numbers."""
        return [one for one in range(self.payments) if self.lots is None or one in self.lots]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a run."""

    plan: Plan
    lots: int
    #: Payment sessions that there were in the end: some lots are offered twice.
    payments: int
    calls: int
    faults: list[str]
    digest: str
    broken: list[Broken]
    #: Lines about the first lot that is broken, or the whole log where none is named or it is wanted.
    timeline: list[str] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)


class Run:
    """One run on an empty database."""

    def __init__(self, lines: Lines, plan: Plan) -> None:
        self.plan = plan
        loop, dice = Loop(), Dice(plan.seed, plan.faults)
        log, rules = Log(loop), draw_rules(dice)
        settings = Settings(capture_delay=rules.capture_delay, public_url="https://stripe.simulated")
        core = StripeCore(loop.clock, Random(f"{plan.seed}:stripe"), settings)  # noqa: S311
        for one in sorted(ACCOUNTS.values()):
            core.world.store.save(account(core.world, one, {}))
        random.seed(f"{plan.seed}:waits")  # what a library waits between two tries
        core.listen("https://ingest.simulated", _SECRET, sorted(HANDLED))
        self.loop, self.dice, self.log, self.rules, self.core = loop, dice, log, rules, core
        self.stage = Stage(dice, loop, log, rules, core)
        self.watch = Watch(log)
        self.house: House = build_house(lines, self.stage, self.watch.noted)
        self._outlook = Outlook(self.house.app.database, rules.grace)
        self._people()
        self._held_seen = self._owed_seen = 0
        self._due: dict[str, float] = {}
        self._idle = 0.0
        #: Seconds without work after which it is asked whether all is over.
        self._calm = 2 * _LONGEST_SLEEP
        self._ticks = 0
        #: When the scheduler is back.
        self._scheduler_from = 0.0

    def _people(self) -> None:
        house, app = self.house, self.house.app
        receive = stored(app.read_event, app.receive_events)
        signatures = Signatures((_SECRET,), self.loop.clock)
        self.courier = Courier(self.stage, house.calls, house.bells.at_work, signatures, receive)
        self.operators = Operators(self.stage, house)
        self.buyers = Buyers(self.stage, house.calls, self.operators.retry)
        self.banks = Banks(self.stage, self.buyers.act)
        self.producer = Producer(self.stage, house.bells, app.create_checkout)
        house.calls.opened, self.buyers.paid = self.buyers.page_opened, self.banks.expect
        house.calls.refunded = self.banks.refund_made
        house.calls.changed = self.courier.look
        house.listeners.hears = self.producer.hear
        house.bells.worked = self._somebody_worked
        house.bells.is_due = self._is_due
        for number in self.plan.numbers():
            lot = draw_lot(self.dice, number, self.rules)
            self.buyers.expect(lot)
            self.operators.expect(lot)
            self.producer.sell(lot)

    def __call__(self) -> Result:
        """Live it to its end. What raises, is broken: its seed must be told like any other."""
        try:
            self.loop.at(0.0, self._clockwork)
            settled = self._live()
            self.dice.calm = True
            broken = check(self.house, self.watch)
            if not settled and not broken:
                broken = [Broken("The run does not settle: something is always due.", "")]
            statuses = dict(self.house.app.database.rows(questions.STATUSES))
        except Exception as error:  # noqa: BLE001 - nobody foresaw it
            broken, statuses = [Broken(_where(error), "")], {}
        finally:
            self.house.close()
        return self._result(broken, statuses)

    def _live(self) -> bool:
        last_act = 0.0
        for _ in range(_STEPS):
            if self.loop.outside:
                last_act = self.loop.now
                self.dice.calm = False
            else:
                quiet_for = self.loop.now - last_act
                self.dice.calm = quiet_for > self.rules.window.total_seconds() + _AFTERWARDS
                if quiet_for > _PATIENCE:
                    return False
                if self._idle >= self._calm and not self._due and self.core.next_due() is None:
                    if not check(self.house, self.watch):
                        return True
                    # Something heals by the clock alone, maybe in days: asking whether all holds is dear.
                    self._idle, self._calm = 0.0, min(2 * self._calm, _LONGEST_CALM)
            if not self.loop.step():
                return False
        return False

    def _somebody_worked(self) -> None:
        """Something may have become due: idle workers look soon."""
        self._idle = 0.0
        self.loop.once_at(self._look_time(), "look", self._look)
        self._decide()

    def _decide(self) -> None:
        """Operators hear of what waits for them."""
        for session_id, lot in self.watch.held[self._held_seen :]:
            self.operators.held(session_id, lot)
        for session_id, lot in self.watch.owed[self._owed_seen :]:
            self.operators.owed(session_id, lot)
        self._held_seen, self._owed_seen = len(self.watch.held), len(self.watch.owed)

    def _look_time(self) -> float:
        look = self.rules.look
        return (self.loop.now // look + 1) * look

    def _look(self) -> None:
        """What an idle worker's look finds is done; then nobody looks before something is due."""
        self._due = due = self._ask_due()
        ripe = [name for name, when in due.items() if when <= self.loop.now]
        for name in ripe:
            self.house.bells.work(name)
        if ripe:
            # What it did is looked at next time; what nobody can do now is not asked for at every look.
            self.loop.once_at(self._look_time() + 3 * self.rules.look, "look", self._look)
        elif due:
            look = self.rules.look
            self.loop.once_at(max(self._look_time(), -(-min(due.values()) // look) * look), "look", self._look)

    def _is_due(self, bell: str) -> bool:
        if not self._outlook.knows(bell):
            return True
        due = self._outlook.due(bell)
        return due is not None and due <= self.loop.clock()

    def _ask_due(self) -> dict[str, float]:
        return {name: self.loop.seconds_of(moment) for name, moment in self._outlook().items()}

    def _clockwork(self) -> None:
        """The scheduler's bells for what is compared with Stripe; seldom where nothing happens."""
        self._ticks += 1
        for name, every in _BY_THE_CLOCK.items():
            if self._ticks % every == 0:
                self._tick(name)
        usual = min(max(5 * SWEEP.total_seconds(), self.rules.window.total_seconds() / 15), 3 * _LONGEST_SLEEP)
        # Once everybody has gone, only what is due in days is left.
        longest = 2 * _LONGEST_SLEEP if self.loop.outside else 6 * _LONGEST_SLEEP
        wait = max(usual, min(self._idle, longest))
        self._idle += wait
        self.loop.at(self.loop.now + wait, self._clockwork)

    def _tick(self, name: str) -> None:
        """The scheduler's bell, as far as there is one scheduler, and it is in time."""
        strikes, site = self.dice.strikes, (name, int(self.loop.now))
        if strikes("scheduler_away", _AWAY, *site):
            self._scheduler_from = self.loop.now + self.dice.between(300, 1200, "away", *site)
        if self.loop.now < self._scheduler_from or strikes("tick_lost", _TICK_LOST, *site):
            return

        def look() -> None:
            # What it finds rings by itself; that it has looked is no news.
            self.house.bells.work(name, quietly=True)

        if strikes("tick_late", _TICK_LATE, *site):
            self.loop.at(self.loop.now + self.dice.between(1, 120, "tick", *site), look)
        else:
            look()
        if strikes("tick_twice", _TICK_TWICE, *site):
            self.loop.at(self.loop.now + self.dice.between(0, 5, "tick again", *site), look)

    def _result(self, broken: list[Broken], statuses: dict[str, int]) -> Result:
        for one in broken:
            self.log.add(one.lot, "BROKEN", one.sentence)
        return Result(
            self.plan,
            lots=len(self.plan.numbers()),
            payments=sum(statuses.values()),
            calls=sum(self.core.world.calls.values()),
            faults=self.dice.struck,
            digest=self.log.digest(),
            broken=broken,
            timeline=self._timeline(broken),
            statuses=statuses,
        )

    def _timeline(self, broken: list[Broken]) -> list[str]:
        if self.plan.whole_log:
            return list(self.log.lines())
        return list(self.log.lines(next((one.lot for one in broken if one.lot), None))) if broken else []


def _where(error: Exception) -> str:
    """An error that nobody foresaw, and the line that it came from: ours, and the simulation's only where none is."""
    frames = [one for one in traceback.extract_tb(error.__traceback__) if Path(one.filename).is_relative_to(_HOUSE)]
    ours = [one for one in frames if not Path(one.filename).is_relative_to(_HOUSE / "proof")]
    last = (ours or frames)[-1]
    return f"It raised {type(error).__name__} at {Path(last.filename).relative_to(_HOUSE)}:{last.lineno}: {error}."
