"""The machine, and how much it is disturbed: what every figure is to be read with."""

import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from proof.benches.statistic import Spread, short

_CPUINFO: Final = Path("/proc/cpuinfo")
_STAT: Final = Path("/proc/stat")
#: Iterations of the calibrating loop: some 25 ms of pure Python.
_ITERATIONS: Final = 400_000


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fixed piece of work, and what else the machine did meanwhile."""

    milliseconds: float
    #: Cores that other programs kept busy. None where the system does not tell.
    others: float | None


@dataclass(frozen=True, slots=True)
class Noise:
    """How the same work varied between rounds: figures that differ by less say nothing."""

    calibrations: Sequence[Calibration]

    def document(self) -> dict[str, Any]:
        """For JSON: of the loop the spread in milliseconds, its swing in percent, and cores busy with other things."""
        times = Spread.of([one.milliseconds for one in self.calibrations])
        others = [one.others for one in self.calibrations if one.others is not None]
        return {
            "loop_ms": times.document(),
            "swing_percent": short((times.greatest / times.least - 1) * 100),
            "cores_used_by_others": short(median(others)) if others else None,
        }


def calibrate() -> Calibration:
    """Do a fixed piece of work on one core, while nothing of a bench runs."""
    busy, wall, cpu = _busy_seconds(), time.perf_counter(), time.process_time()
    total = 0
    for number in range(_ITERATIONS):
        total += number & 7
    taken = time.perf_counter() - wall
    time.sleep(max(0.1 - taken, 0))  # /proc/stat counts hundredths of a second
    whole, after = time.perf_counter() - wall, _busy_seconds()
    if busy is None or after is None:
        return Calibration(taken * 1000, None)
    return Calibration(taken * 1000, max((after - busy - (time.process_time() - cpu)) / whole, 0.0))


def machine() -> dict[str, Any]:
    """What it is."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "model": _model(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _model() -> str:
    try:
        lines = _CPUINFO.read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _busy_seconds() -> float | None:
    """Seconds that all cores together have worked, also for other guests of the same hardware."""
    try:
        user, nice, system, _idle, _wait, irq, softirq, steal = map(int, _STAT.read_text().split()[1:9])
    except (OSError, ValueError):
        return None
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
