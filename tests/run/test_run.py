"""The whole system by its one command: a sale with a killed worker; a killed supervisor."""

import os
import signal
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.run.running import Running, call, free_port_base, running
from tests.sandbox.processes import PATIENCE, eventually, gone

# A sale lasts as long as its windows; both servers, five processes and the rest of the suite share two cores.
pytestmark = pytest.mark.timeout(240)

#: The shortest windows that are allowed.
SHORT = {"PAYMENT_WINDOW_MINUTES": "0.34", "PAYMENT_WINDOW_SWEEP_SECONDS": "1", "PAYMENT_WINDOW_GRACE_SECONDS": "1"}
URLS = {"api", "ingest", "database", "redis", "broker", "sandbox", "mailbox", "worker_metrics", "scheduler_metrics"}
SEVERAL = ("ingest", "api", "worker", "scheduler")
ONE = ("supervisor", "postgres", "redis", "sandbox")


@dataclass
class Seen:
    """What was seen of a whole sale during which a worker was killed and Redis was emptied."""

    code: int | None = None
    text: str = ""
    first: dict[str, Any] = field(default_factory=dict)
    mode: int = 0
    after_kill: dict[str, Any] = field(default_factory=dict)
    family: set[int] = field(default_factory=set)
    directory: Path = Path()


@pytest.fixture(scope="module")
def sale(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    directory = tmp_path_factory.mktemp("sale") / "data"
    seen = Seen(directory=directory)
    options = ("--auctions", "12", "--rate", "4", "--exit-when-settled")
    with running(directory, free_port_base(), *options, **SHORT) as run:
        seen.first = run.wait_until_up()
        seen.mode = stat.S_IMODE((directory / "run.json").stat().st_mode)
        eventually(lambda: "Waits for the buyer" in run.text())
        with Redis.from_url(seen.first["urls"]["redis"]) as redis:
            redis.flushall()
        (killed,) = seen.first["pids"]["worker"]
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: run.told()["pids"]["worker"] not in ([], [killed]))
        seen.after_kill = run.told()
        seen.family = run.family()
        seen.code = run.process.wait(150)
        seen.text = run.text()
    return seen


def test_a_sale_during_which_a_worker_is_killed_and_redis_is_emptied_ends_right(sale: Seen) -> None:
    assert sale.code == 0, sale.text
    assert "12 payments:" in sale.text
    assert "all books agree" in sale.text
    assert "it is started again" in sale.text


def test_run_json_tells_other_programs_all_they_need(sale: Seen) -> None:
    assert sale.mode == 0o600
    assert sale.first.keys() == {"urls", "pids", "service_token", "admin_token"}
    assert sale.first["urls"].keys() == URLS
    assert sale.first["pids"].keys() == {*SEVERAL, *ONE}
    assert all(isinstance(sale.first["pids"][name], int) for name in ONE)
    assert all(sale.first["pids"][name] for name in SEVERAL)


def test_run_json_follows_a_process_that_was_started_again(sale: Seen) -> None:
    before, after = sale.first["pids"], sale.after_kill["pids"]
    assert {name for name in before if before[name] != after[name]} == {"worker"}


def test_nothing_is_left_of_a_sale_but_its_data(sale: Seen) -> None:
    assert gone(sale.family)
    assert not (sale.directory / "run.json").exists()
    assert {file.name for file in sale.directory.iterdir()} > {"postgres", "redis", "keys.json", "logs"}


def test_every_process_has_a_log_of_its_own(sale: Seen) -> None:
    logs = {file.name for file in (sale.directory / "logs").iterdir()}
    assert logs == {"ingest.log", "api.log", "worker.log", "scheduler.log", "sandbox.log"}


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("serving") / "data"
    with running(directory, free_port_base(), "--auctions", "0") as run:
        run.wait_until_up()
        yield run


def test_a_second_run_is_told_who_has_the_data_and_the_ports(serving: Running, tmp_path: Path) -> None:
    same_data = call("--data-dir", str(serving.directory), "--port-base", str(free_port_base()))
    assert same_data.returncode == 1
    assert f"(process {serving.process.pid})" in same_data.stderr
    base = int(serving.told()["urls"]["api"].rpartition(":")[2])
    same_ports = call("--data-dir", str(tmp_path / "other"), "--port-base", str(base))
    assert same_ports.returncode == 1
    assert f"{base} (api)" in same_ports.stderr
    assert len(same_ports.stderr.strip().splitlines()) == 1


def test_a_killed_supervisor_leaves_nothing_behind_and_the_next_run_goes_on(serving: Running) -> None:
    base, family = int(serving.told()["urls"]["api"].rpartition(":")[2]), serving.family()
    serving.process.kill()
    serving.process.wait()
    eventually(lambda: gone(family))
    with running(serving.directory, base, "--auctions", "0") as again:
        eventually(lambda: again.told()["pids"]["supervisor"] == again.process.pid if has_file(again) else False)
        family = again.family()
        again.process.send_signal(signal.SIGINT)
        again.process.send_signal(signal.SIGINT)
        assert again.process.wait(PATIENCE) == 0, again.text()
        assert gone(family)
        assert not has_file(again)


def has_file(run: Running) -> bool:
    return (run.directory / "run.json").exists()
