"""When to stop asking a service that does not answer, and when to ask again. Pure: time is an argument, in seconds."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

#: Into how many parts a window is counted; it moves on by one part at a time.
_PARTS: Final = 10


@dataclass(frozen=True, slots=True)
class Rules:
    """How a circuit judges."""

    #: Seconds over which calls are counted.
    window: float = 20.0
    #: With fewer calls in a window nothing is judged: three failures in a quiet night are no outage.
    minimum: int = 8
    #: Open at this share of failures.
    share: float = 0.5
    #: Seconds without a call after opening, and after each probe that failed. Short windows have twenty to spare.
    rest: float = 5.0
    #: Probes that must succeed, one after the other, before all calls pass again.
    probes: int = 2
    #: Seconds after which a probe that was never heard of again no longer keeps others away; longer than any call.
    probe_limit: float = 60.0


@dataclass(frozen=True, slots=True)
class Pass:
    """Lets one call through; handed back with what came of it."""

    #: Which life of the circuit gave it. What an older life let through says nothing about this one.
    life: int
    probe: bool


@dataclass(slots=True)
class _Part:
    number: int
    calls: int = 0
    failures: int = 0


@dataclass(slots=True)
class Circuit:
    """Closed: all calls pass. Open: none. Half-open, after a rest: one probe at a time, until enough succeeded."""

    rules: Rules = field(default_factory=Rules)
    _parts: deque[_Part] = field(default_factory=deque)
    _life: int = 0
    #: When the last failure opened it; None: closed.
    _opened_at: float | None = None
    _probing_since: float | None = None
    _successes: int = 0

    @property
    def closed(self) -> bool:
        """Whether all calls pass."""
        return self._opened_at is None

    def held_for(self, now: float) -> float:
        """Seconds until a call may pass; 0: now."""
        if self._opened_at is None:
            return 0.0
        resting = self._opened_at + self.rules.rest - now
        if resting > 0:
            return resting
        if self._probing_since is not None and now < self._probing_since + self.rules.probe_limit:
            # The probe will have been answered by then, or the next one is due soon after.
            return 1.0
        return 0.0

    def enter(self, now: float) -> Pass:
        """Let a call through for which `held_for` is 0."""
        if self._opened_at is None:
            return Pass(self._life, probe=False)
        self._probing_since = now
        # Whatever an earlier probe still has to say, it took too long.
        self._life += 1
        return Pass(self._life, probe=True)

    def leave(self, given: Pass, now: float, *, ok: bool | None) -> None:
        """Hear what came of a call; None: it says nothing about the service."""
        if given.life != self._life:
            return
        if given.probe:
            self._probed(now, ok=ok)
        elif ok is not None:
            self._count(now, failed=not ok)

    def _probed(self, now: float, *, ok: bool | None) -> None:
        self._probing_since = None
        if ok is None:
            return
        self._successes = self._successes + 1 if ok else 0
        if not ok:
            self._opened_at = now
        elif self._successes >= self.rules.probes:
            self._turn(None)

    def _count(self, now: float, *, failed: bool) -> None:
        number = int(now / self.rules.window * _PARTS)
        if not self._parts or self._parts[-1].number < number:
            self._parts.append(_Part(number))
        self._parts[-1].calls += 1
        self._parts[-1].failures += failed
        while self._parts[0].number <= number - _PARTS:
            self._parts.popleft()
        calls = sum(part.calls for part in self._parts)
        failures = sum(part.failures for part in self._parts)
        if failed and calls >= self.rules.minimum and failures >= calls * self.rules.share:
            self._turn(now)

    def _turn(self, opened_at: float | None) -> None:
        self._opened_at, self._probing_since, self._successes = opened_at, None, 0
        self._life += 1
        self._parts.clear()
