"""`gavelpay drill`, small: a real system, a few real faults."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.drill import drill
from tests.run.running import ROOT, environment, free_port_base
from tests.unmeasured import COMMAND_ALONE

pytestmark = [pytest.mark.long("system"), pytest.mark.timeout(240)]
SHORT = {"PAYMENT_WINDOW_SWEEP_SECONDS": "1", "PAYMENT_WINDOW_GRACE_SECONDS": "1"}
#: Four buyers of whom each pays soon, each in another way; who never pays is met by the drill of a stack that runs.
PROMPT = "98"


def test_a_small_drill_loses_nothing_and_says_so_for_programs(tmp_path: Path) -> None:
    kinds = ("kill-one-worker", "redis-emptied", "stripe-lost-replies")
    only = [word for kind in kinds for word in ("--only", kind)]
    where = ["--data-dir", str(tmp_path / "data"), "--port-base", str(free_port_base(20))]
    done = subprocess.run(
        [sys.executable, *COMMAND_ALONE, "drill", "--payments", "4", "--seed", PROMPT, "--json", *only, *where],
        cwd=ROOT,
        env=environment(**SHORT),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    # How fast a machine under test recovers is not this test's business; that nothing was lost is.
    found = json.loads(done.stdout)
    assert (found["lost"], found["chargedTwice"], found["receipts"]) == ([], [], []), done.stderr
    assert all(sentence.startswith(("Recovery after", "Takeover after")) for sentence in found["complaints"]), (
        done.stderr
    )
    assert {row["fault"] for row in found["faults"]} == {*kinds, "all"}
    assert found["faults"][-1]["paymentsUnderWay"] == 4
    assert done.returncode == (0 if found["ok"] else 1)
    assert "kill-one-worker" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--help"], "Examples:"),
        (["--only", "earthquake"], "earthquake"),
        (["--payments", "0"], "0 is not in the range"),
    ],
)
def test_it_says_how_it_is_used(arguments: list[str], words: str) -> None:
    assert words in CliRunner().invoke(drill, arguments).output
