"""Runs that once failed, cut down to what broke them, beside the code that failed."""

from pathlib import Path
from typing import Any, Final

import orjson

from proof.simulation.run import Plan

CORPUS: Final = Path(__file__).parents[1] / "corpus.jsonl"


def read_corpus(file: Path = CORPUS) -> list[Plan]:
    """The plans of a corpus. A line is an object: a run's `seed` and `payments`, the `lots` and `faults` left of it."""
    return [_plan(orjson.loads(line)) for line in file.read_text().splitlines()]


def _plan(line: dict[str, Any]) -> Plan:
    return Plan(line["seed"], line["payments"], lots=frozenset(line["lots"]), faults=frozenset(line["faults"]))
