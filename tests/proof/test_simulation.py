"""The simulation itself: it repeats exactly, finds what is broken, and cuts it down."""

import os
import re
import subprocess
import sys
from pathlib import Path
from random import SystemRandom

import pytest

from proof.simulation.corpus import read_corpus
from proof.simulation.dice import Dice
from proof.simulation.jobs import Bench
from proof.simulation.run import Plan, Result, Run
from proof.simulation.shrinking import Shrinker
from proof.simulation.watching import Broken

ROOT = Path(__file__).parents[2]
#: Ten times ten fresh runs, so that no test takes long on a busy machine.
TENS = 10
LOTS = 5
MANY = 60


def command(*arguments: str, server: str, hashes: str = "0") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", "simulate", *arguments],
        cwd=ROOT,
        env={**os.environ, "GAVELPAY_SIMULATE_SERVER": server, "PYTHONHASHSEED": hashes, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def told(result: Result) -> str:
    sentences = "\n".join(f"{one.lot}: {one.sentence}" for one in result.broken)
    timeline = "\n".join(result.timeline)
    return f"seed {result.plan.seed}, {result.plan.payments} lots:\n{sentences}\n{timeline}"


# Two runs of a seed once differed from some hundred lots on, and only where another had been between them.
@pytest.mark.no_cover
def test_the_same_seed_gives_the_same_log(bench: Bench) -> None:
    first, between, again = (bench.run(Plan(*one)) for one in ((11, MANY), (12, 12), (11, MANY)))

    assert first.digest == again.digest != between.digest
    assert first.faults == again.faults


def test_what_raises_is_told_with_its_seed_and_the_next_run_is_as_ever(bench: Bench) -> None:
    calm = bench.run(Plan(13, 3))

    def bug(run: Run) -> None:
        with run.house.app.database.transaction() as connection:
            connection.execute("SELECT 1 / (SELECT count(*) FROM payment_sessions WHERE id IS NULL)")

    failed = bench.run(Plan(13, 3), lambda run: run.loop.at(100.0, lambda: bug(run)))

    (told,) = failed.broken
    assert re.fullmatch(
        r"It raised DivisionByZero at tests/proof/test_simulation\.py:\d+: division by zero\.", told.sentence
    )
    assert failed.plan.seed == 13
    assert failed.timeline
    assert bench.run(Plan(13, 3)).digest == calm.digest


def test_the_command_prints_the_same_bytes_whatever_python_hashes(simulation_server: str, tmp_path: Path) -> None:
    wanted = ("--seeds", "2", "--payments", "5", "--jobs", "1", "--log", "--results", str(tmp_path / "runs"))
    outputs = {command(*wanted, server=simulation_server, hashes=hashes).stdout for hashes in ("1", "2")}

    assert len(outputs) == 1
    (printed,) = outputs
    assert "everything holds" in printed
    assert "lot-4 auction service asks buyer-4" in printed
    assert [line.split(":")[0] for line in (tmp_path / "runs").read_text().splitlines()] == ["seed 1", "seed 2"] * 2


# What a run reaches, the others show: counting its lines takes half of its time again.
@pytest.mark.long("simulation")
@pytest.mark.no_cover
@pytest.mark.parametrize("ten", range(TENS))
def test_everything_holds_in_a_hundred_fresh_runs(bench: Bench, ten: int, capsys: pytest.CaptureFixture[str]) -> None:
    first = SystemRandom().randrange(1_000_000_000)
    with capsys.disabled():  # Standard error reaches the terminal from processes of xdist, too.
        sys.stderr.write(f"\nsimulating seeds {first} to {first + 9}, {LOTS} lots each\n")

    for seed in range(first, first + 10):
        result = bench.run(Plan(seed, LOTS))
        assert not result.broken, told(result)


@pytest.mark.parametrize("plan", read_corpus(), ids=lambda plan: f"{plan.seed} of {plan.payments}")
def test_what_was_found_once_is_not_found_again(plan: Plan, bench: Bench) -> None:
    result = bench.run(plan)

    assert not result.broken, told(result)


def test_leaving_one_fault_away_does_not_move_the_others() -> None:
    every = Dice(7)
    throws = [(name, every.strikes("storm", 0.5, name)) for name in "abcdefgh" * 4]
    kept = frozenset(every.struck[1:])
    fewer = Dice(7, kept)
    for name, _ in throws:
        fewer.strikes("storm", 0.5, name)

    assert fewer.struck == every.struck[1:]


def test_a_failing_run_is_cut_to_what_breaks_it() -> None:
    faults = [f"fault-{number}" for number in range(40)]

    def run(plan: Plan) -> Result:
        lots = plan.numbers()
        struck = [one for one in faults if plan.faults is None or one in plan.faults]
        breaks = {3, 17} <= set(lots) and {"fault-5", "fault-30"} <= set(struck)
        return Result(plan, len(lots), len(lots), 0, struck, "", [Broken("It broke.", "")] if breaks else [])

    smallest = Shrinker(run)(run(Plan(1, 50)))

    assert smallest.plan.numbers() == [3, 17]
    assert smallest.faults == ["fault-5", "fault-30"]
