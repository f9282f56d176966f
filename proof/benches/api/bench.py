"""The status endpoint: how long it takes at 1,000 requests a second, and how many it bears; beside a bare program."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from proof.benches.api.polls import polls
from proof.benches.area import Area, Effort, at_least, at_most
from proof.benches.ground import Ground, Running
from proof.benches.load import Plan, generator
from proof.benches.load.replay import Replay
from proof.benches.payments import require
from proof.benches.rounds import Sample, interleave

#: Payments that somebody looks at now. Each is read anew every two seconds.
_PAYMENTS: Final = 200
_CONNECTIONS: Final = 64
#: Requests a second, whatever comes back.
_RATE: Final = 1000.0
#: Milliseconds that a page may take to learn where a payment stands, 99 times of 100.
_P99: Final = 50.0


@dataclass(frozen=True)
class Way:
    """One way, running."""

    ground: Ground
    running: Running
    source: Replay

    def busy(self, seconds: float) -> Sample:
        """All connections busy."""
        return self._sample(Plan(self.running.port, self.source, seconds, _CONNECTIONS))

    def paced(self, seconds: float) -> Sample:
        """At the rate."""
        return self._sample(Plan(self.running.port, self.source, seconds, _CONNECTIONS, rate=_RATE))

    def _sample(self, plan: Plan) -> Sample:
        with generator(plan) as load, self.ground.cpu(process=self.running.pid) as cpu:
            result = load()
        return Sample(result.answers[200], result.seconds, cpu, result.latencies, result.complaints())


def measure(ground: Ground, effort: Effort) -> Area:
    """Requests for the status of 200 payments, over 64 connections."""
    database, redis = ground.database(), ground.redis()
    environment = ground.environment(database, redis)
    source = polls(require(environment, _PAYMENTS), ground.keys["AUTH_JWT_SECRET"])
    with ExitStack() as stack:
        ours = Way(ground, stack.enter_context(ground.house("api", env=environment)), source)
        module = ("-m", "proof.benches.baselines.bare_api")
        bare = Way(ground, stack.enter_context(ground.process("bare_api", module, env=environment)), source)
        ours.paced(min(effort.seconds, 1.0))
        bare.paced(min(effort.seconds, 1.0))

        def of(act: Callable[[float], Sample]) -> Callable[[], Sample]:
            return lambda: act(effort.seconds)

        at_rate = interleave(
            "answers", {"gavelpay": of(ours.paced), "bare": of(bare.paced)}, effort.rounds, ground.tell
        )
        busy = interleave("answers", {"gavelpay": of(ours.busy), "bare": of(bare.busy)}, effort.rounds, ground.tell)
    latency = at_rate.ours.latency
    return Area(
        "api",
        at_rate,
        [
            at_least(f"answers a second of {_RATE:g} asked for", at_rate.ours.rate.median, _RATE * 0.95),
            at_most(f"p99 at {_RATE:g} a second", latency.p99 if latency else float("inf"), _P99, "ms"),
        ],
        more={"all that it bears": busy},
        details={"payments": _PAYMENTS, "connections": _CONNECTIONS},
    )
