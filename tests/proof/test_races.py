"""Threads and workers at the same rows: all goes well, and each bug that only this shows is found by its own words."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases import Databases
from tests.house import prepare
from tests.proof.mutations import ROOT, Mutation, plant
from tests.proof.races import RACES, run

BUGS = {
    "extensions": Mutation(
        "a missing row lock",
        "minutes were given, and the window is longer by",
        "models/payments.py",
        'condition = "r.id = ANY(%(ids)s) ORDER BY r.id FOR UPDATE"',
        'condition = "r.id = ANY(%(ids)s) ORDER BY r.id FOR KEY SHARE"',
    ),
    "numbers": Mutation(
        "a receipt's number taken from max() + 1",
        "numbers have gaps or repeats: ",
        "models/receipts.py",
        "ON CONFLICT (series) DO UPDATE SET last_no = receipt_series.last_no + excluded.last_no RETURNING last_no",
        "ON CONFLICT (series) DO UPDATE SET last_no = %(count)s + (SELECT coalesce(max(o.last_no), 0)"
        " FROM receipt_series o WHERE o.series = excluded.series) RETURNING last_no",
    ),
    "claims": Mutation(
        "work claimed without a lock",
        r"\d+ claims hold \d+ pieces of work",
        "models/work.py",
        '             LIMIT %(limit)s FOR UPDATE SKIP LOCKED"""',
        '             LIMIT %(limit)s"""',
    ),
    "takeovers": Mutation(
        "a worker who writes after another took over",
        "a worker wrote after another had taken over",
        "services/exchange_attempts.py",
        "        if mine.fence != attempt.fence:\n"
        "            return"
        "  # Another worker has taken over, and records what it finds under the same key.\n",
        "",
    ),
}


@pytest.fixture(scope="session")
def database_template(databases: Databases) -> str:
    """A migrated database."""
    return databases.template("migrated", prepare)


@pytest.mark.parametrize("race", RACES)
def test_threads_at_the_same_rows_do_each_other_no_harm(race: str, database_url: str) -> None:
    assert run(database_url, race) == []


def test_each_bug_that_only_true_concurrency_shows_is_found(database_url: str, tmp_path: Path) -> None:
    """All of them are in one copy of the source, each in the way of its own race."""
    plant(tmp_path, BUGS.values())
    (tmp_path / "tests").symlink_to(ROOT / "tests", target_is_directory=True)
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "tests.proof.races", database_url, *BUGS],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    said = {race for race, bug in BUGS.items() if re.search(f"^{race}: .*{bug.says}", ran.stdout, re.MULTILINE)}
    assert said == set(BUGS), ran.stdout + ran.stderr
    sys.stdout.write(ran.stdout)  # shown by `pytest -rP`
