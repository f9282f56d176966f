"""The whole system by its one command: a sale with a killed worker; a killed supervisor."""

import json
import os
import re
import signal
import stat
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.run.metrics import check_metrics
from tests.run.prometheus import check_scraped
from tests.run.running import Running, free_port_base, refused, running
from tests.sandbox.processes import PATIENCE, eventually, gone
from tests.unmeasured import COMMAND_ALONE

# A sale lasts as long as its windows; both servers, five processes and the rest of the suite share two cores.
pytestmark = [pytest.mark.long("system"), pytest.mark.timeout(240)]

#: The shortest windows that are allowed.
SHORT = {"PAYMENT_WINDOW_MINUTES": "0.34", "PAYMENT_WINDOW_SWEEP_SECONDS": "1", "PAYMENT_WINDOW_GRACE_SECONDS": "1"}
URLS = {"api", "ingest", "database", "redis", "broker", "sandbox", "mailbox", "worker_metrics", "scheduler_metrics"}
SEVERAL = ("ingest", "api", "worker", "scheduler")
ONE = ("supervisor", "postgres", "redis", "sandbox")


def test_a_sale_with_a_killed_worker_and_an_emptied_redis_ends_right_and_leaves_only_its_data(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    options = ("--auctions", "12", "--rate", "4", "--exit-when-settled")
    with running(directory, free_port_base(), *options, **SHORT) as run:
        told = run.wait_until_up()
        check_run_json(told, directory / "run.json")
        assert f"DATABASE_URL={told['urls']['database']}\n" in (directory / "env").read_text()
        eventually(lambda: "Waits for the buyer" in run.text())
        with Redis.from_url(told["urls"]["redis"]) as redis:
            redis.flushall()
        (killed,) = told["pids"]["worker"]
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: run.told()["pids"]["worker"] not in ([], [killed]))
        after = run.told()["pids"]
        assert {name for name, pid in told["pids"].items() if pid != after[name]} == {"worker"}
        family = run.family()
        assert run.process.wait(150) == 0, run.text()
    assert str(directory / "run.json") in run.text()
    for words in ("12 payments:", "all books agree", "it is started again"):
        assert words in run.text()
    (unexplained,) = re.findall(r"Unexplained money: (.+)", run.text())
    assert all(float(amount.split()[0]) == 0 for amount in unexplained.split(", ")), unexplained
    known, charges = re.findall(r"fees are known for (\d+) of (\d+) charges", run.text())[0]
    assert known == charges != "0"
    assert gone(family)
    assert {file.name for file in directory.iterdir()} > {"postgres", "redis", "keys.json", "logs"}
    assert not run.is_up()
    assert not (directory / "env").exists()
    check_logs(directory / "logs")


def check_run_json(told: dict[str, Any], file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert told.keys() == {"urls", "pids", "service_token", "admin_token"}
    assert told["urls"].keys() == URLS
    check_metrics(told["urls"])
    assert told["pids"].keys() == {*SEVERAL, *ONE}
    assert all(isinstance(told["pids"][name], int) for name in ONE)
    assert all(told["pids"][name] for name in SEVERAL)


def check_logs(directory: Path) -> None:
    assert {file.stem for file in directory.iterdir()} == {*SEVERAL, "sandbox"}
    for file in directory.iterdir():
        assert all("event" in json.loads(line) for line in file.read_text().splitlines()), file


def test_a_killed_supervisor_leaves_nothing_behind_and_the_next_run_goes_on_with_its_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory, base = tmp_path / "data", free_port_base()
    with running(directory, base, "--auctions", "0", command=COMMAND_ALONE) as run:
        check_scraped(run.wait_until_up()["urls"], tmp_path / "prometheus")
        check_refusals(run, base, tmp_path / "other", capsys)
        family = run.family()
        run.process.kill()
        run.process.wait()
        eventually(lambda: gone(family))
    with running(directory, base, "--auctions", "0", command=COMMAND_ALONE) as again:
        eventually(lambda: again.is_up() and again.told()["pids"]["supervisor"] == again.process.pid)
        family = again.family()
        again.process.send_signal(signal.SIGINT)
        again.process.send_signal(signal.SIGINT)
        assert again.process.wait(PATIENCE) == 0, again.text()
    assert gone(family)
    assert not again.is_up()


def check_refusals(run: Running, base: int, other: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second run is told who has the data, and who has the ports."""
    assert refused(run.directory, free_port_base()) == 1
    assert f"(process {run.process.pid})" in capsys.readouterr().err
    assert refused(other, base) == 1
    error = capsys.readouterr().err
    assert f"{base} (api)" in error
    assert len(error.strip().splitlines()) == 1
