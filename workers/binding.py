"""Binds the declared actors to a Dramatiq broker."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import structlog
from dramatiq import Actor as DramatiqActor

from actors.actor import Incoming, Intake
from actors.app import App
from actors.letters import dead_letter, keep_given_up
from actors.registry import ACTORS, INTAKES
from domain.errors import TransientError
from domain.messaging import DeadLetter
from gateways.queue.bells import INTAKE_QUEUE
from gateways.queue.broker import WorkBroker
from gateways.queue.received import MALFORMED, NotAMessage, Received
from models.unit_of_work import Ring
from services.batching import Batcher
from workers.doorbell import Doorbell
from workers.life import Gate, Taken
from workers.measuring import Measure, measured
from workers.patience import persist

log = structlog.get_logger()

#: Dramatiq does the lower number first, within one process: a message that is no row yet goes before all others.
_INTAKE_PRIORITY: Final = 0
_BELL_PRIORITY: Final = 10

Handle = Callable[[Received], None]


@dataclass(frozen=True, slots=True)
class Binder:
    """Makes the declared actors Dramatiq's, on one broker.

    Args:
        queues: those that this process serves; empty for all.
    """

    broker: WorkBroker
    app: App
    ring: Ring
    threads: int
    queues: frozenset[str]
    stopping: threading.Event
    measure: Measure
    gate: Gate
    #: What is in hand of messages that are more than bells, by queue.
    taken: dict[str, Taken] = field(default_factory=dict)

    def bind(self) -> Mapping[str, Doorbell]:
        """Declare every actor, also those of queues that others serve; answer with the bells of our queues."""
        for one in INTAKES:
            self._declare(one.name, one.queue, _INTAKE_PRIORITY, self._intake(one))
            self.taken[one.queue] = Taken()
        self._declare(MALFORMED, INTAKE_QUEUE, _INTAKE_PRIORITY, self._malformed())
        doorbells = {}
        for name, actor in ACTORS.items():
            limit = actor.limit(self.threads, is_alone=len(self.queues) == 1)
            bell = Doorbell(
                measured(actor, self.measure), self.app, self.ring, limit, partial(self._rests, actor.queue)
            )
            self._declare(name, actor.queue, _BELL_PRIORITY, self._bell(bell))
            if not self.queues or actor.queue in self.queues:
                doorbells[name] = bell
        return doorbells

    def _rests(self, queue: str) -> bool:
        return self.stopping.is_set() or self.gate.is_shut(queue)

    def _declare(self, name: str, queue: str, priority: int, handle: Handle) -> None:
        DramatiqActor(handle, broker=self.broker, actor_name=name, queue_name=queue, priority=priority, options={})

    def _bell(self, bell: Doorbell) -> Handle:
        refuse = self._malformed()

        def handle(received: Received) -> None:
            if received.envelope.kwargs:
                refuse(received)
            else:
                bell.answer()

        return handle

    def _intake(self, intake: Intake) -> Handle:
        def take(batch: Sequence[Received]) -> None:
            with self.measure(intake.queue) as measuring:
                intake.take(self.app, [_incoming(one) for one in batch])
                measuring.done = len(batch)

        return self._kept(take)

    def _malformed(self) -> Handle:
        def keep(batch: Sequence[Received]) -> None:
            self.app.keep_dead_letters([self._malformed_letter(one) for one in batch])

        return self._kept(keep)

    def _malformed_letter(self, received: Received) -> DeadLetter:
        problem = received.envelope.problem or NotAMessage("invalid_message", "kwargs: a bell carries nothing")
        return dead_letter(self.app, _incoming(received), problem.code, str(problem))

    def _kept(self, take: Callable[[Sequence[Received]], None]) -> Handle:
        """How messages are handled that must not be lost: together, with patience, and kept where that fails."""

        def take_all(batch: Sequence[Received]) -> Sequence[None]:
            take(batch)
            return [None] * len(batch)

        batcher = Batcher(take_all)

        def handle(received: Received) -> None:
            waiting = received.together
            if self.gate.is_shut(INTAKE_QUEUE) and received.queue_name == INTAKE_QUEUE:
                give_back(waiting)  # it was fetched before we heard of the pause
                return
            taken = self.taken.get(received.queue_name) or Taken()
            taken.begin(len(waiting))
            try:
                if not persist(lambda: self._take_or_keep(batcher, waiting), self.stopping):
                    give_back(waiting)
            except BaseException:
                # Nobody knows what it was; Dramatiq acknowledges what ends like this.
                give_back([one for one in received.together if not one.is_done])
                raise
            finally:
                taken.end(len(received.together))

        return handle

    def _take_or_keep(self, batcher: Batcher[Received, None], waiting: list[Received]) -> None:
        """Do what can be done of these, and leave in the list what heals by itself."""
        outcomes = list(zip(list(waiting), batcher.all(waiting), strict=True))
        waiting.clear()
        heals: TransientError | None = None
        for received, outcome in outcomes:
            try:
                if isinstance(outcome, TransientError):
                    raise outcome
                if outcome is not None:
                    self._keep(received, outcome)
            except TransientError as error:
                waiting.append(received)
                heals = error
            else:
                received.is_done = True
        if heals is not None:
            raise heals

    def _keep(self, received: Received, cause: Exception) -> None:
        log.error("message.gave_up", queue=received.queue_name, actor=received.actor_name, exc_info=cause)
        try:
            keep_given_up(self.app, [_incoming(received)], cause)
        except TransientError:
            raise
        except Exception:
            # The broker's own dead letters are the last place there is.
            log.exception("message.not_kept", queue=received.queue_name, actor=received.actor_name)
            received.fail()


def give_back(messages: Sequence[Received]) -> None:
    """Let them return to their queue."""
    for one in messages:
        one.give_back()


def _incoming(received: Received) -> Incoming:
    envelope = received.envelope
    return Incoming(envelope.queue, envelope.actor, envelope.raw, envelope.kwargs)
