"""How long work takes and what comes of it, measured where it is done."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from actors.actor import Actor
from actors.app import App


@dataclass(slots=True)
class Measuring:
    """One turn of work under way; whoever does it says how many pieces it did."""

    done: int = 0


#: Measures one turn of the work of a queue, also where it raises.
Measure = Callable[[str], AbstractContextManager[Measuring]]


def unmeasured(_queue: str) -> AbstractContextManager[Measuring]:
    """Nobody measures."""
    return nullcontext(Measuring())


def measured(actor: Actor, measure: Measure) -> Actor:
    """The same actor, with every turn measured."""

    def work(app: App) -> int:
        with measure(actor.queue) as measuring:
            measuring.done = actor.work(app)
        return measuring.done

    return replace(actor, work=work)
