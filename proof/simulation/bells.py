"""The broker: bells that are late, lost or rung twice; intake messages likewise; workers who answer, and may die."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from actors.actor import Actor, Incoming, Intake
from actors.app import App
from actors.registry import ACTORS, INTAKES
from domain.bells import EXPIRE_WINDOWS, OPEN_RETRIES, PROCESS_EVENTS
from domain.endpoint import BELL_OF
from domain.errors import GavelpayError, TransientError
from proof.simulation.calls import Calls
from proof.simulation.database import Died, Fate
from proof.simulation.stage import Stage

_LOST, _LATE, _TWICE = 0.05, 0.05, 0.03
_MESSAGE_LOST, _MESSAGE_LATE, _MESSAGE_TWICE = 0.03, 0.05, 0.05
#: For each commit. There are few, for many payments share them.
_FATES: Final = {Fate.DIED_BEFORE: 0.008, Fate.DIED_AFTER: 0.008, Fate.CUT_BEFORE: 0.005, Fate.CUT_AFTER: 0.005}
#: The clock of a worker's machine may be wrong by minutes.
_CLOCK_WRONG, _WRONG_BY = 0.01, 300.0
#: A broker gives the messages of a dead worker to another one after some seconds.
_AGAIN: Final = 8.0
#: Pieces of work that one bell leads to at most.
_MOST: Final = 400
#: These do many pieces in one go; what is left is found by the next look.
_IN_BATCHES: Final = frozenset({PROCESS_EVENTS, EXPIRE_WINDOWS, OPEN_RETRIES, *BELL_OF.values()})
#: How often workers ask although nothing is due.
_IN_VAIN: Final = 0.1


class Bells:
    """Rings for work, and does it as workers would: one at a time, but others while one waits for Stripe."""

    def __init__(self, stage: Stage, calls: Calls) -> None:
        self._dice, self._loop, self._log, self._calls = stage.dice, stage.loop, stage.log, calls
        #: Bells and messages of so many seconds are heard together.
        self._beat = stage.rules.beat
        self.app: App | None = None
        #: Called after each piece of work: something may have become due.
        self.worked: Callable[[], None] = lambda: None
        #: Whether work of a bell is due by the right clock; those of which nobody knows that are.
        self.is_due: Callable[[str], bool] = lambda _name: True
        #: Bells whose work was cut short at a commit: what it had done outside is done again.
        self.shaken: set[str] = set()
        self._job: list[str] = []
        self._letters: list[tuple[str, Mapping[str, Any]]] = []

    def fate(self) -> Fate | None:
        """What becomes of a commit of the process that is at work."""
        if not self._job or self._dice.calm:
            return None
        site = (self._job[-1], int(self._loop.now))
        for fate, odds in _FATES.items():
            if self._dice.strikes(fate, odds, *site):
                self._log.add("", self._job[-1], fate)
                self.shaken.add(self._job[-1])
                return fate
        return None

    def ring(self, bells: Counter[str]) -> None:
        """Ring after a commit."""
        for name in bells:
            site = (name, int(self._loop.now))
            if self._dice.strikes("bell_lost", _LOST, *site):
                continue
            wait = self._dice.between(1, 60, "bell", *site) if self._dice.strikes("bell_late", _LATE, *site) else 0.01
            self._plan(name, wait)
            if self._dice.strikes("bell_twice", _TWICE, *site):
                self._plan(name, wait + 1 + 9 * self._dice.throw("bell again", *site))
        self.worked()

    def _plan(self, name: str, wait: float) -> None:
        when = self._next_beat(wait)
        self._loop.once_at(when, name, lambda: self._answer(name))

    def _next_beat(self, wait: float) -> float:
        return -(-(self._loop.now + wait) // self._beat) * self._beat

    def _answer(self, name: str) -> None:
        self.work(name)

    def work(self, name: str, *, quietly: bool = False) -> int:
        """Answer a bell until nothing is left; returns how much was done."""
        actor, app = ACTORS[name], self._the_app()
        done = 0
        for _ in range(_MOST):
            wrong_by = self._error_of_clock(name)
            # Whoever asks in vain changes nothing: that is seen often enough where some do.
            if not (wrong_by or self.is_due(name) or self._dice.throw("asks in vain", name) < _IN_VAIN):
                break
            pieces = self._one(actor, app, wrong_by)
            done += pieces
            if not pieces or name in _IN_BATCHES:
                break
        else:
            self._plan(name, 0.0)
        if done and not quietly:
            self.worked()
        return done

    @contextmanager
    def at_work(self, name: str) -> Iterator[None]:
        """A process does what somebody asks of it: it may die at any commit, and its clock may be wrong.

        Idle workers look afterwards, whatever became of it: a bell that nobody lived to ring was not rung.
        """
        try:
            with self._at_work(name, self._error_of_clock(name)):
                yield
        finally:
            self.worked()

    @contextmanager
    def _at_work(self, name: str, wrong_by: float) -> Iterator[None]:
        self._job.append(name)
        asked, self._calls.by_worker = self._calls.by_worker, True
        wrong, self._loop.wrong_by = self._loop.wrong_by, wrong_by
        try:
            yield
        finally:
            self._job.pop()
            self._calls.by_worker, self._loop.wrong_by = asked, wrong

    def _error_of_clock(self, name: str) -> float:
        site = (name, int(self._loop.now))
        if not self._dice.strikes("clock_wrong", _CLOCK_WRONG, *site):
            return 0.0
        seconds = self._dice.between(-_WRONG_BY, _WRONG_BY, "clock", *site)
        self._log.add("", name, f"has a clock that is {seconds:.0f} s wrong")
        return seconds

    def _one(self, actor: Actor, app: App, wrong_by: float) -> int:
        try:
            with self._at_work(actor.name, wrong_by):
                return actor.work(app)
        except Died:
            self._log.add("", actor.name, "worker is dead")
        except TransientError as error:
            self._log.add("", actor.name, error.code)
        self.worked()
        return 0

    def serve(self, lot: str, name: str, act: Callable[[], object]) -> None:
        """Do what somebody asks for by HTTP; the process that does it may die like any worker, and nobody hears why."""
        try:
            with self.at_work(name):
                self._log.add(lot, name, act())
        except (Died, GavelpayError) as error:
            self._log.add(lot, name, getattr(error, "code", "no answer"))

    def send(self, lot: str, message: Mapping[str, Any]) -> None:
        """Put an intake message on its queue."""
        if self._dice.strikes("message_lost", _MESSAGE_LOST, lot):
            self._log.add(lot, "message is lost")
            return
        late = self._dice.strikes("message_late", _MESSAGE_LATE, lot)
        self._post(lot, message, self._dice.between(1, 120, "message", lot) if late else 0.1)
        if self._dice.strikes("message_twice", _MESSAGE_TWICE, lot):
            self._post(lot, message, self._dice.between(0, 60, "message again", lot))

    def _post(self, lot: str, message: Mapping[str, Any], wait: float) -> None:
        when = self._next_beat(wait)

        def arrive() -> None:
            self._letters.append((lot, message))
            self._loop.once_at(self._loop.now, "intake", self._take)

        self._loop.at(when, arrive)

    def _take(self) -> None:
        intake, letters, self._letters = INTAKES[0], self._letters, []
        incoming = [Incoming(intake.queue, intake.name, b"{}", message) for _, message in letters]
        if not self._taken(intake, incoming):
            for lot, message in letters:
                self._post(lot, message, _AGAIN)
        self.worked()

    def _taken(self, intake: Intake, incoming: list[Incoming]) -> bool:
        self._job.append(intake.name)
        try:
            intake.take(self._the_app(), incoming)
        except (Died, TransientError) as error:
            self._log.add("", intake.name, type(error).__name__)
            return False
        finally:
            self._job.pop()
        return True

    def _the_app(self) -> App:
        if self.app is None:
            raise RuntimeError("nobody works yet")
        return self.app
