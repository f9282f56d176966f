"""What the command was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from proof.drill.kinds import Kind


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command was asked for.

    Attributes:
        payments: lots that are sold.
        seed: decides lots, buyers and faults.
        data_dir: where a system may be running, and else the drill's own data are.
        port_base: the first port of a system of its own.
        kinds: the kinds of faults; none: all that can be done there.
        quietly: standard output is for programs.
        fastest: lots hammered in a second, at most.
    """

    payments: int
    seed: int
    data_dir: Path
    port_base: int
    kinds: Sequence[Kind]
    quietly: bool
    fastest: float
