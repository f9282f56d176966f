"""Every deliberate bug is found by the simulation within fifty seeds.

A missing row lock, and a receipt's number taken from `max() + 1`, are not among them: runs have one thread, and only
true concurrency shows these: `test_races.py` does. A lease that is ignored does no harm as long as keys and fences
hold, and is none either.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.proof.mutations import MUTATIONS, Mutation, plant

SEEDS = 50
LOTS = 25
#: The suite tries ten of them; GAVELPAY_BUGS=all tries every one.
TRIED = MUTATIONS if os.environ.get("GAVELPAY_BUGS") == "all" else MUTATIONS[:10]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mutation", TRIED, ids=lambda one: one.name)
def test_a_deliberate_bug_is_found_within_fifty_seeds(
    mutation: Mutation, simulation_server: str, tmp_path: Path
) -> None:
    plant(tmp_path, [mutation])
    environment = {**os.environ, "GAVELPAY_SIMULATE_SERVER": simulation_server, "PYTHONPATH": str(tmp_path)}
    runs = ("--seeds", str(SEEDS), "--first-seed", str(mutation.first_seed), "--payments", str(LOTS), "--jobs", "1")

    ran = subprocess.run(
        [sys.executable, "-m", "cli", "simulate", *runs, "--no-shrink", "--json"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 1, ran.stderr
    found = json.loads(ran.stdout)
    assert found["broken"], ran.stdout
    # Shown by `pytest -rP`: after how many runs, and by what.
    sys.stdout.write(f"{len(found['runs'])} runs: {found['broken']['invariants'][0]['sentence']}\n")
