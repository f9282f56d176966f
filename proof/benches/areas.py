"""All areas, loaded when they are asked for."""

from collections.abc import Callable
from importlib import import_module
from typing import Final

from proof.benches.area import Area, Effort
from proof.benches.ground import Ground

Measure = Callable[[Ground, Effort], Area]

#: Area → its module, whose `measure` measures it.
AREAS: Final = {
    "ingest": "proof.benches.ingest.bench",
    "api": "proof.benches.api.bench",
    "pipeline": "proof.benches.pipeline.bench",
    "sweep": "proof.benches.sweep.bench",
    "burst": "proof.benches.burst.bench",
    "idle": "proof.benches.idle",
    "growth": "proof.benches.growth.bench",
    "receipts": "proof.benches.receipts",
}


def measure_of(area: str) -> Measure:
    """What measures an area."""
    measure: Measure = import_module(AREAS[area]).measure
    return measure
