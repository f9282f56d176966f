"""Every deliberate bug is found by the simulation within fifty seeds.

A missing row lock, and a receipt's number taken from `max() + 1`, are not among them: runs have one thread, and only
true concurrency shows these: `test_races.py` does. A lease that is ignored does no harm as long as keys and fences
hold, and is none either.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.proof.mutations import MUTATIONS, Mutation, plant
from tests.unmeasured import unmeasured

SEEDS = 50
LOTS = 25
#: The suite tries ten of them; GAVELPAY_BUGS=all tries every one.
TRIED = MUTATIONS if os.environ.get("GAVELPAY_BUGS") == "all" else MUTATIONS[:10]

#: Prints after how many runs it was found, and by what. No more is loaded than runs need.
HUNT = """
import os, sys
from proof.simulation.jobs import Bench, quiet
from proof.simulation.run import Plan
server, first, seeds, lots = sys.argv[1], *map(int, sys.argv[2:])
quiet()
bench = Bench(server, f"hunt_{os.getpid()}")
for number, seed in enumerate(range(first, first + seeds), 1):
    if broken := bench.run(Plan(seed, lots)).broken:
        sys.exit(f"{number} runs: {broken[0].sentence}")
"""


@pytest.mark.long("simulation")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mutation", TRIED, ids=lambda one: one.name)
def test_a_deliberate_bug_is_found_within_fifty_seeds(
    mutation: Mutation, simulation_server: str, tmp_path: Path
) -> None:
    plant(tmp_path, [mutation])

    ran = subprocess.run(
        [sys.executable, "-c", HUNT, simulation_server, str(mutation.first_seed), str(SEEDS), str(LOTS)],
        cwd=tmp_path,
        env={**unmeasured(), "PYTHONPATH": str(tmp_path), "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 1, "nothing was found"
    assert re.match(r"\d+ runs: ", ran.stderr), ran.stderr
    # Shown by `pytest -rP`.
    sys.stdout.write(ran.stderr)
