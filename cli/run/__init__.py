"""`gavelpay run`: the whole system on one machine, with a simulated auction house."""

from cli.run.command import run

__all__ = ["run"]
