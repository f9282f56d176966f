"""Runs that are over are never lost, and never done again."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.simulate import simulate
from proof.simulation.pace import Pace
from proof.simulation.results import ResultsFile
from proof.simulation.run import Plan, Result
from proof.simulation.watching import Broken


def result(seed: int, *sentences: str, lots: int = 5) -> Result:
    broken = [Broken(one, "lot-1") for one in sentences]
    return Result(Plan(seed, lots), lots, lots + 1, 9, [], "ab" * 32, broken, statuses={"completed": lots + 1})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def test_what_held_is_left_out_and_what_broke_is_looked_at_again(path: Path) -> None:
    file = ResultsFile(path)
    for one in (result(3), result(4, "It broke."), result(5, lots=6), result(2)):
        file.add(one)

    assert file.held(5) == {2, 3}
    assert path.read_text().splitlines()[0] == (
        "seed 3: 6 payments of 5 lots (6 completed), 9 calls, 0 faults, log abababababababab"
    )


def test_a_line_that_was_being_written_when_its_writer_died_does_not_count(path: Path) -> None:
    ResultsFile(path).add(result(1))
    with path.open("a") as file:
        file.write("seed 2: 6 payments of 5 lots (6 comple")

    again = ResultsFile(path)
    again.add(result(3))
    assert again.held(5) == {1, 3}
    assert len(path.read_text().splitlines()) == 2


def test_the_same_command_again_does_nothing_twice(path: Path) -> None:
    for seed in (1, 2):
        ResultsFile(path).add(result(seed))

    ran = CliRunner().invoke(simulate, ["--seeds", "2", "--payments", "5", "--results", str(path), "--resume"])

    assert ran.exit_code == 0
    assert "2 of 2 runs are over, and held." in ran.output


def test_resuming_needs_to_know_where() -> None:
    ran = CliRunner().invoke(simulate, ["--resume"])

    assert ran.exit_code == 2
    assert "--resume goes on where a file of --results ends" in re.sub(r"\s+", " ", ran.output)


def test_the_pace_says_how_long_the_rest_will_take() -> None:
    seconds = iter([0.0, 10.0, 10.0])
    pace = Pace(2000, lambda: next(seconds))
    for payments in (540, 460):
        pace.add(payments)

    assert str(pace) == "1000 payments, 100/s, 2:46:30 left"
