"""Every deliberate bug is found by the simulation within fifty seeds, and by the words of what it breaks.

A missing row lock, a receipt's number taken from `max() + 1`, work claimed without a lock, and a worker who writes
after another took over are not among them: in runs of one thread the first three change nothing, and what the last one
spoils was not seen in three hundred seeds. `test_races.py` finds them. A lease that is ignored does no harm as long
as keys and fences hold, and is none either.
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

#: Prints after how many runs it was found, and by what: only what was to be said counts. No more is loaded than runs
#: need.
HUNT = """
import os, re, sys
from proof.simulation.jobs import Bench, quiet
from proof.simulation.run import Plan
server, says, first, seeds, lots = *sys.argv[1:3], *map(int, sys.argv[3:])
quiet()
bench = Bench(server, f"hunt_{os.getpid()}")
for number, seed in enumerate(range(first, first + seeds), 1):
    broken = [one.sentence for one in bench.run(Plan(seed, lots)).broken]
    if found := next((one for one in broken if re.search(says, one)), None):
        sys.exit(f"{number} runs: {found}")
    print(*broken, sep="\\n")
"""


@pytest.mark.long("simulation")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mutation", TRIED, ids=lambda one: one.name)
def test_a_deliberate_bug_is_found_within_fifty_seeds(
    mutation: Mutation, simulation_server: str, tmp_path: Path
) -> None:
    plant(tmp_path, [mutation])

    ran = subprocess.run(
        [sys.executable, "-c", HUNT, simulation_server, mutation.says, *map(str, (mutation.first_seed, SEEDS, LOTS))],
        cwd=tmp_path,
        env={**unmeasured(), "PYTHONPATH": str(tmp_path), "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 1, f"nobody said {mutation.says!r}; what was said: {ran.stdout}"
    assert re.match(r"\d+ runs: ", ran.stderr), ran.stderr
    # Shown by `pytest -rP`.
    sys.stdout.write(ran.stderr)
