"""What `gavelpay simulate` says of a run that is broken."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from cli.simulate import _document, _ended_cleanly, _print
from proof.simulation.run import Plan, Result
from proof.simulation.watching import Broken
from tests.proof.mutations import MUTATIONS, ROOT, plant


def test_a_broken_run_is_told_with_its_seed_its_invariant_and_its_timeline(capsys: pytest.CaptureFixture[str]) -> None:
    broken = [Broken("Payment 1 keeps 2 transactions.", "lot-3")]
    failed = Result(
        Plan(17, 40), 40, 41, 80, ["bell_lost/x#1", "lost_after/y#1"], "ab", broken, ["00:00:01 lot-3 paid"]
    )
    small = Result(Plan(17, 40, frozenset({3})), 1, 1, 4, ["lost_after/y#1"], "cd", broken, ["00:00:01 lot-3 paid"])

    _print([], failed, small)
    printed = capsys.readouterr().out

    assert "seed 17 with 40 lots is broken" in printed
    assert "lot-3: Payment 1 keeps 2 transactions." in printed
    assert "1 lots and 1 faults" in printed
    assert "Again: gavelpay simulate --seed 17 --payments 40\n" in printed
    assert "gavelpay simulate --seed 17 --payments 40 --lot 3 --fault 'lost_after/y#1'\n" in printed
    assert _document([], failed, small)["broken"]["smallest"]["faults"] == ["lost_after/y#1"]


@pytest.mark.long("simulation")
def test_a_planted_bug_is_printed_cut_down_and_exits_with_one(simulation_server: str, tmp_path: Path) -> None:
    plant(tmp_path, [next(one for one in MUTATIONS if one.name == "a ledger line booked twice")])

    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "cli",
            "simulate",
            "--first-seed",
            "3",
            "--seeds",
            "3",
            "--payments",
            "2",
            "--jobs",
            "1",
        ],
        cwd=tmp_path,
        env={"PATH": "", "GAVELPAY_SIMULATE_SERVER": simulation_server, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 1, ran.stderr
    assert "It breaks with 1 lots and 0 faults" in ran.stdout
    assert "Timeline:" in ran.stdout


def test_whoever_ends_it_politely_ends_its_servers_too() -> None:
    before, closed = signal.getsignal(signal.SIGTERM), []

    def wait_for_the_end() -> None:
        with _ended_cleanly(), ExitStack() as servers:
            servers.callback(closed.append, "a server")
            os.kill(os.getpid(), signal.SIGTERM)
            signal.pause()

    with pytest.raises(SystemExit) as ended:
        wait_for_the_end()

    assert (ended.value.code, closed) == (143, ["a server"])
    assert signal.getsignal(signal.SIGTERM) is before


def test_help_has_examples() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "cli", "simulate", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert "gavelpay simulate --seed 4711" in ran.stdout
