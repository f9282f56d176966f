"""What `gavelpay run` was asked for."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """The command's options."""

    #: How many auctions are simulated; 0: none, only serve.
    auctions: int
    #: Hammers per second.
    rate: float
    exit_when_settled: bool
    data_dir: Path
    port_base: int
    seed: int
