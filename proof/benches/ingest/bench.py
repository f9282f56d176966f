"""Ingest: ours against the usual way and the bare limit; beside clients that send slowly; and its memory."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final

from proof.benches.area import Area, Effort, Goal, at_least, at_most
from proof.benches.ground import Ground
from proof.benches.ingest import ways
from proof.benches.ingest.memory import Memory
from proof.benches.load import Plan, slow_clients
from proof.benches.rounds import Comparison, Sample, interleave
from proof.benches.statistic import short

_MILLION: Final = 1_000_000
#: Events of one round of the million.
_PORTION: Final = 100_000
#: Connections that send an event in 15 pieces within 1.5 seconds.
_SLOW: Final = 32
#: Megabytes that a process may grow by in a million events: its allocator's breath.
_GROWTH: Final = 16.0
_ENDLESS: Final = float("inf")
#: What the ways write to PostgreSQL's log in a second: 4.3 KB an event, 1.8 where bodies are not encrypted.
_LOG_MB_PER_SECOND: Final = 40.0


def measure(ground: Ground, effort: Effort) -> Area:
    """Webhooks a second over 64 connections."""
    slow_rounds = max(effort.rounds // 2, 1)
    ground.lay_log(_LOG_MB_PER_SECOND * effort.seconds * (3 * effort.rounds + 2 * slow_rounds + 3))
    with ExitStack() as stack:
        ours, usual, bare = (stack.enter_context(way(ground)) for way in (ways.gavelpay, ways.usual, ways.bare))
        for way in (ours, usual, bare):
            way.round(min(effort.seconds, 1.0))  # what is made once: connections, plans, compiled code
        memory = stack.enter_context(Memory(ours.running.pid))

        def of(way: ways.Way) -> Callable[[], Sample]:
            return lambda: way.round(effort.seconds)

        comparison = interleave(
            "events",
            {"gavelpay": of(ours), "usual": of(usual), "bare": of(bare)},
            effort.rounds,
            ground.tell,
        )
        memory.took(sum(sample.items for sample in comparison.ours.samples))
        beside = interleave(
            "events",
            {"beside slow clients": lambda: _beside_slow(ours, effort.seconds), "alone": of(ours)},
            slow_rounds,
            ground.tell,
        )
        if effort.million:
            for _ in range(_MILLION // _PORTION):
                sample = ours.round(_ENDLESS, requests=_PORTION)
                memory.took(sample.items)
                ground.tell(f"{ours.stored} events, {sample.rate:.0f} a second, {memory.megabytes:.1f} MB")
    return Area(
        "ingest",
        comparison,
        [*_goals(comparison, beside), *memory.goals(_GROWTH)],
        more={"slow clients": beside},
        details=_details(memory),
    )


def _goals(comparison: Comparison, beside: Comparison) -> list[Goal]:
    latency, beside_latency = comparison.ours.latency, beside.ours.latency
    return [
        at_least("times the usual way", comparison.ratio("usual").median, 7),
        at_least("of the bare limit", comparison.ratio("bare").median, 0.75),
        at_most("p99", latency.p99 if latency else _ENDLESS, 30, "ms"),
        at_least("beside slow clients, of what it does alone", beside.ratio("alone").median, 0.8),
        at_most("p99 beside slow clients", beside_latency.p99 if beside_latency else _ENDLESS, 30, "ms"),
    ]


def _details(memory: Memory) -> dict[str, Any]:
    return {"memory_mb": short(memory.megabytes), "memory_measured_over_events": memory.events}


def _beside_slow(way: ways.Way, seconds: float) -> Sample:
    plan = Plan(way.running.port, way.events, seconds, _SLOW, first=way.next_first())
    with slow_clients(plan) as dawdled:
        return way.round(seconds, others=dawdled)
