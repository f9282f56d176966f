"""Seeds that once failed, kept beside the code that failed them."""

from pathlib import Path
from typing import Final

from proof.simulation.run import Plan

CORPUS: Final = Path(__file__).parents[1] / "corpus.txt"


def read_corpus(file: Path = CORPUS) -> list[Plan]:
    """The plans of a corpus: a line is a seed, a number of lots, and words for people."""
    lines = (line.split() for line in file.read_text().splitlines() if line.strip() and not line.startswith("#"))
    return [Plan(int(seed), int(payments)) for seed, payments, *_ in lines]
