"""Ingest: ours against the usual way and the bare limit; with slow clients; and its memory."""

from contextlib import ExitStack

from proof.benches.area import Area, Effort, at_least, at_most
from proof.benches.ground import Ground
from proof.benches.ingest import ways
from proof.benches.rounds import Sample, interleave


def measure(ground: Ground, effort: Effort) -> Area:
    """Webhooks a second over 64 connections."""
    with ExitStack() as stack:
        ours, usual, bare = (stack.enter_context(way(ground)) for way in (ways.gavelpay, ways.usual, ways.bare))
        for way in (ours, usual, bare):
            way.round(min(effort.seconds, 1.0))  # what is made once: connections, plans, compiled code

        def taking(way: ways.Way) -> Sample:
            sample, _ = way.round(effort.seconds)
            return sample

        comparison = interleave(
            "events",
            {"gavelpay": lambda: taking(ours), "usual": lambda: taking(usual), "bare": lambda: taking(bare)},
            effort.rounds,
            ground.tell,
        )
    latency = comparison.ours.latency
    return Area(
        "ingest",
        comparison,
        [
            at_least("times the usual way", comparison.ratio("usual").median, 7),
            at_least("of the bare limit", comparison.ratio("bare").median, 0.75),
            at_most("p99", latency.p99 if latency else float("inf"), 30, "ms"),
        ],
    )
