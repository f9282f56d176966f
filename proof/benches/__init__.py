"""Performance figures, each with its baselines in the same run, under the conditions of production.

How an area is made (`proof/benches/areas.py` lists them all):

1. A module or package `proof/benches/<area>` has `measure(ground: Ground, effort: Effort) -> Area`.
2. `Ground` has the servers (`fsync` on), makes databases with all tables, and runs our processes and the baselines as
   real processes; it tells which processes' CPU is whose.
3. Each way of doing the work is a function that does it for one round and returns a `Sample`: how many items, in how
   many seconds, CPU by part, latencies, and what was `wrong`: every round ends with a look at whether something was
   lost or doubled. `ground.cpu(...)` reads the CPU of a round.
4. `interleave({"gavelpay": ours, "usual": …}, effort.rounds)` runs the ways by turns and gives a `Series` of each, the
   ratio of each round, and the machine's noise.
5. `Area(…)` holds the comparison, goals (`at_least`, `at_most`), and what else is worth telling. `gavelpay bench`
   prints it, as a table or as JSON.

Baselines are programs of our own in `proof/benches/baselines`; they alone may import Dramatiq and Stripe's library.
"""
