"""Keeps calls away from a Stripe that is down, so that workers do other things than wait for it.

Each operation has a circuit of its own: one that is sick does not stop the others. A Stripe that cannot even be reached
is the same for all of them, so that has one more circuit, which every call passes.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from domain.errors import FaultSaved, GatewayBusy, GatewayRefused, GatewayUnavailable, KeyReused
from gateways.stripe.circuit import Circuit, Pass, Rules
from gateways.stripe.failures import Unreachable

_ALL: Final = ""


@dataclass(frozen=True, slots=True)
class Admission:
    """A call that was let in; `Breaker.report` takes it back."""

    operation: str
    line: Pass
    circuit: Pass


class Breaker:
    """The circuits of this process. Its methods may be called from any thread.

    Args:
        rules: how circuits judge.
        clock: seconds.
        tell: hears when the first circuit opens and when the last one closes; it must neither fail nor wait.
    """

    def __init__(
        self,
        rules: Rules | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        tell: Callable[[bool], None] = lambda _is_open: None,
    ) -> None:
        self._rules = rules or Rules()
        self._clock = clock
        self._lock = threading.Lock()
        self._circuits = {_ALL: Circuit(self._rules)}
        self._tell = tell
        self._is_open = False

    @property
    def open_circuits(self) -> tuple[str, ...]:
        """The operations that are held back; "*" for all of them."""
        with self._lock:
            return tuple(sorted(name or "*" for name, circuit in self._circuits.items() if not circuit.closed))

    def admit(self, operation: str) -> Admission:
        """Let a call in.

        Raises:
            GatewayBusy: not now; `retry_after` tells when the next probe is due.
        """
        with self._lock:
            now = self._clock()
            line, circuit = self._circuits[_ALL], self._of(operation)
            held = max(line.held_for(now), circuit.held_for(now))
            if held > 0:
                what = operation if line.closed else "everything"
                raise GatewayBusy(f"Stripe is failing, so {what} is held back", retry_after=held)
            return Admission(operation, line.enter(now), circuit.enter(now))

    def report(self, admission: Admission, error: BaseException | None, *, asked: bool = True) -> None:
        """Hear what came of a call; with `asked=False`: it was not made after all."""
        line_ok, circuit_ok = _verdict(error) if asked else (None, None)
        with self._lock:
            now = self._clock()
            self._circuits[_ALL].leave(admission.line, now, ok=line_ok)
            self._of(admission.operation).leave(admission.circuit, now, ok=circuit_ok)
            self._tell_if_changed()

    def _tell_if_changed(self) -> None:
        is_open = not all(circuit.closed for circuit in self._circuits.values())
        if is_open != self._is_open:
            self._is_open = is_open
            self._tell(is_open)

    def _of(self, operation: str) -> Circuit:
        circuit = self._circuits.get(operation)
        if circuit is None:
            circuit = self._circuits[operation] = Circuit(self._rules)
        return circuit


def _verdict(error: BaseException | None) -> tuple[bool | None, bool | None]:
    """What an outcome says of the line to Stripe, and of the operation; None: nothing."""
    match error:
        case None | GatewayRefused() | KeyReused():
            return True, True
        case Unreachable():
            return False, None
        case FaultSaved():
            # An error of before says nothing of today.
            return True, None
        case GatewayBusy():
            # A limit or a lock says that Stripe is there, and nothing of how it does its work.
            return True, None
        case GatewayUnavailable():
            return None, False
        case _:
            return None, None
