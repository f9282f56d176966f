"""Runs ways of doing the same work by turns, so that what disturbs the machine disturbs all of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from proof.benches.machine import Calibration, Noise, calibrate
from proof.benches.statistic import Latency, Spread, short

#: Hears what is under way: a line for whoever waits.
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Sample:
    """One round of one way."""

    #: Items done, as counted where they are stored, not where they were sent.
    items: int
    seconds: float
    #: Processor seconds by part, such as `process`, `postgres`, `redis`.
    cpu: Mapping[str, float] = field(default_factory=dict)
    #: Seconds of each item, if they were taken.
    latencies: Sequence[float] = ()
    #: What was lost or doubled, as sentences. None should be.
    wrong: Sequence[str] = ()

    @property
    def rate(self) -> float:
        """Items a second."""
        return self.items / self.seconds


@dataclass(frozen=True, slots=True)
class Series:
    """All rounds of one way."""

    name: str
    samples: Sequence[Sample]

    @property
    def rate(self) -> Spread:
        """Items a second."""
        return Spread.of([sample.rate for sample in self.samples])

    @property
    def cpu_us(self) -> dict[str, float]:
        """Microseconds of processor per item, by part: the median round."""
        parts = dict.fromkeys(part for sample in self.samples for part in sample.cpu)
        done = [sample for sample in self.samples if sample.items]
        return {
            part: median(one.cpu.get(part, 0.0) / one.items * 1e6 for one in done) if done else 0.0 for part in parts
        }

    @property
    def latency(self) -> Latency | None:
        """Percentiles, each the median of the rounds': one disturbed round does not make the figure."""
        taken = [Latency.of(sample.latencies) for sample in self.samples if sample.latencies]
        if not taken:
            return None
        return Latency(*(median(getattr(one, name) for one in taken) for name in Latency.__slots__))

    @property
    def wrong(self) -> list[str]:
        """What was lost or doubled."""
        return [f"{self.name}: {sentence}" for sample in self.samples for sentence in sample.wrong]

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "per_second": self.rate.document(),
            "items": sum(sample.items for sample in self.samples),
            "cpu_us_per_item": {part: short(value) for part, value in self.cpu_us.items()},
            "latency_ms": self.latency.document() if self.latency else None,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """One way against others, in rounds by turns."""

    #: What is counted, such as `events`.
    unit: str
    ours: Series
    baselines: Mapping[str, Series]
    noise: Noise

    def ratio(self, baseline: str) -> Spread:
        """How much faster ours is than a baseline, round by round: what slows both cancels out."""
        pairs = zip(self.ours.samples, self.baselines[baseline].samples, strict=True)
        return Spread.of([ours.rate / theirs.rate for ours, theirs in pairs if theirs.rate] or [0.0])

    def cpu_ratio(self, baseline: str) -> float | None:
        """How many times our processor time, over all parts, a baseline uses for an item.

        What the ratio of rates would be if processors were the only limit, and nobody else used them.
        """
        ours, theirs = (sum(series.cpu_us.values()) for series in (self.ours, self.baselines[baseline]))
        return theirs / ours if ours else None

    @property
    def wrong(self) -> list[str]:
        """What was lost or doubled, in whichever way."""
        return [sentence for series in (self.ours, *self.baselines.values()) for sentence in series.wrong]

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "unit": self.unit,
            "figure": self.ours.document(),
            "baselines": {name: series.document() for name, series in self.baselines.items()},
            "ratio": {name: self.ratio(name).document() for name in self.baselines},
            "ratio_by_processor": {name: short(self.cpu_ratio(name) or 0.0) for name in self.baselines},
            "noise": self.noise.document(),
        }


def interleave(
    unit: str, ways: Mapping[str, Callable[[], Sample]], rounds: int, tell: Tell = lambda _line: None
) -> Comparison:
    """Run each way once in each round; the first is ours, the others are what it is held against.

    Every round begins with another way: whoever comes after the heaviest is not always the same. Between rounds the
    machine is calibrated.
    """
    names, samples = list(ways), {name: list[Sample]() for name in ways}
    calibrations: list[Calibration] = [calibrate()]
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            sample = ways[name]()
            samples[name].append(sample)
            tell(f"round {number + 1} of {rounds}: {name} {sample.rate:.0f} {unit}/s")
        calibrations.append(calibrate())
    series = {name: Series(name, taken) for name, taken in samples.items()}
    ours = series.pop(names[0])
    return Comparison(unit, ours, series, Noise(calibrations))
