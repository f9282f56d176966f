"""Stripe's stand-in, as slow and as strict as a round wants it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any, Final

import orjson

from proof.benches.ground import Ground

#: Times as many calls as Stripe permits: a burst of 10,000 would otherwise take seven minutes, not three and a half.
SCALE: Final = 2
#: Calls a second on one endpoint, and on all of them: Stripe's 25 and 100.
PERMITTED, IN_ALL = 25 * SCALE, 100 * SCALE
#: Seconds of a call, each as often as the others: Stripe's own are about so long.
USUAL: Final = (0.1, 0.15, 0.2, 0.25, 0.3)
#: How it is on a bad day: seconds of a call, and the part of calls that are refused for their rate.
SLOW, REFUSED = 3.0, 0.1


@dataclass(frozen=True, slots=True)
class Stripe:
    """A stand-in that runs."""

    port: int
    pid: int

    def well(self) -> None:
        """Calls take as long as they usually do."""
        self._ask("DELETE", "/faults")
        for number, seconds in enumerate(USUAL):
            self._fault("latency", probability=1 / (len(USUAL) - number), seconds=seconds)

    def unwell(self) -> None:
        """Every call takes seconds, and some are refused although they are few."""
        self._ask("DELETE", "/faults")
        self._fault("rate_limit", probability=REFUSED)
        self._fault("latency", seconds=SLOW)

    def calls(self) -> tuple[int, int]:
        """How many calls it was asked since it was reset, and how many of them it refused for their rate."""
        books = self._ask("GET", "/books")
        return sum(books["calls"].values()), books["refused_429"]

    def reset(self) -> None:
        """Forget everything."""
        self._ask("POST", "/reset")

    @property
    def env(self) -> Mapping[str, str]:
        """How a worker finds it, and what it knows of its limits."""
        return {
            "STRIPE_API_BASE": f"http://127.0.0.1:{self.port}",
            "STRIPE_MAX_REQUESTS_PER_SECOND": str(IN_ALL),
            "STRIPE_MAX_REQUESTS_PER_ENDPOINT": str(PERMITTED),
        }

    def _fault(self, kind: str, **values: float) -> None:
        self._ask("POST", "/faults", {"kind": kind, **values})

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, f"/sandbox{path}", orjson.dumps(body) if body else None)
            return orjson.loads(connection.getresponse().read())
        finally:
            connection.close()


@contextmanager
def stripe(ground: Ground) -> Iterator[Stripe]:
    """Run it, with Stripe's limits."""
    limits = ("--rate-limit", str(IN_ALL), "--endpoint-rate-limit", str(PERMITTED))
    with ground.process("sandbox", ("-m", "sandbox.stripe", *limits), env=ground.environment("", "")) as running:
        yield Stripe(running.port, running.pid)
