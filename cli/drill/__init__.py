"""`gavelpay drill`: the whole system on this machine, with everything done to it that can go wrong."""

from cli.drill.command import drill

__all__ = ["drill"]
