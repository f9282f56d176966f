"""What is sent, and what came back."""

from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

#: The bytes of a whole HTTP request by its number. Picklable: it is sent to the process that sends it.
Source = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send where.

    Args:
        port: on loopback.
        source: the requests.
        seconds: for which requests are begun; each that was begun is waited for.
        connections: kept open.
        first: the number of the first request.
        requests: at most so many; 0 is any number.
        prepared: so many are made before the first is sent: signing them is not what is measured.
        rate: requests a second, whatever comes back. 0: as many as connections and server bear.
        seed: decides the moments at which requests are due where there is a rate.
    """

    port: int
    source: Source
    seconds: float
    connections: int = 64
    first: int = 0
    requests: int = 0
    prepared: int = 0
    rate: float = 0.0
    seed: int = 1


@dataclass(slots=True)
class Result:
    """What came back."""

    #: Answers by HTTP's status; 0 for connections that ended without one.
    answers: Counter[int] = field(default_factory=Counter)
    #: Seconds from sending to the answer's last byte; where there is a rate, from the moment it was due.
    latencies: "array[float]" = field(default_factory=lambda: array("d"))
    #: Requests that were sent.
    sent: int = 0
    #: From the first request to the last answer.
    seconds: float = 0.0
    #: Processor seconds of the generator itself.
    cpu: float = 0.0

    def complaints(self, status: int = 200) -> list[str]:
        """What was answered otherwise."""
        others = {answer: count for answer, count in self.answers.items() if count and answer != status}
        return [f"{count} requests were answered {answer or 'not at all'}" for answer, count in others.items()]
