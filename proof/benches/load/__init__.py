"""A load generator that costs little: raw sockets in one process of its own, about 15 µs for a request and its answer.

`drive` keeps connections busy (closed loop): each sends its next request when it has its answer. `pace` sends at a
given rate whatever becomes of the answers (open loop), and times each request from the moment at which it was due.
"""

from proof.benches.load.plan import Plan, Result
from proof.benches.load.process import LoadFailed, generator, slow_clients

__all__ = ["LoadFailed", "Plan", "Result", "generator", "slow_clients"]
