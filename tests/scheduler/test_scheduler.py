"""The scheduler: what is due rings, once however many there are, and somebody always leads."""

import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain import bells
from sandbox.embedded import ports
from scheduler.leader import Leader
from scheduler.process import Ticking
from scheduler.schedule import Job, Kind, schedule

ROOT = Path(__file__).parent.parent.parent


def wait_until(condition: Callable[[], Any], seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s in vain")


class Schedulers:
    def __init__(self, log: Path, url: str) -> None:
        self.log = log
        self.url = url
        self.processes: list[subprocess.Popen[bytes]] = []
        log.touch()

    def start(self, port: int | None = None) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.scheduler.tiny", str(self.log), self.url, str(port or "")]
        with (self.log.parent / "output").open("ab") as output:
            process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)
        self.processes.append(process)
        return process

    def rang(self) -> list[int]:
        """Who rang, line by line."""
        return [int(line.split()[0]) for line in self.log.read_text().splitlines()]

    def output(self) -> str:
        return (self.log.parent / "output").read_text()


@pytest.fixture
def schedulers(tmp_path: Path, database_url: str) -> Iterator[Schedulers]:
    schedulers = Schedulers(tmp_path / "log", database_url)
    yield schedulers
    for process in schedulers.processes:
        process.kill()
        process.wait()


def test_of_two_schedulers_one_rings_and_the_other_follows_when_it_is_killed(schedulers: Schedulers) -> None:
    first = schedulers.start()
    wait_until(lambda: len(schedulers.rang()) > 2)
    second = schedulers.start()
    wait_until(lambda: schedulers.output().count("scheduler.started") == 2)
    seen = len(schedulers.rang())
    wait_until(lambda: len(schedulers.rang()) > seen + 5)
    assert set(schedulers.rang()) == {first.pid}
    first.kill()
    first.wait()
    wait_until(lambda: second.pid in schedulers.rang(), 10)
    second.send_signal(signal.SIGTERM)
    second.send_signal(signal.SIGTERM)
    assert second.wait(15) == 0
    assert {line.split()[1] for line in schedulers.log.read_text().splitlines()} == {"quick.do"}


def test_a_leader_whose_connection_is_cut_leads_again(schedulers: Schedulers, database_url: str) -> None:
    schedulers.start()
    wait_until(schedulers.rang)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'gavelpay scheduler'"
        )
    wait_until(lambda: "scheduler.leads_no_more" in schedulers.output())
    seen = len(schedulers.rang())
    wait_until(lambda: len(schedulers.rang()) > seen + 1)


def test_its_health_and_who_leads_and_when_a_job_rang_are_served(schedulers: Schedulers) -> None:
    port = ports.free_port()
    schedulers.start(port)
    wait_until(schedulers.rang)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
        assert answer.read() == b"ok\n"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    assert "payments_scheduler_leader 1.0" in text
    assert 'payments_scheduler_last_tick_timestamp_seconds{job="quick",kind="sweep"}' in text


def test_without_a_database_nobody_leads_and_it_waits() -> None:
    leader = Leader("postgresql://127.0.0.1:1/none", seconds=0.01)
    leader.start()
    time.sleep(0.1)
    assert not leader.is_leader
    leader.stop()


def test_the_office_is_handed_on_within_one_process_too(database_url: str) -> None:
    one, other = Leader(database_url, seconds=0.02), Leader(database_url, seconds=0.02)
    one.start()
    wait_until(lambda: one.is_leader)
    other.start()
    time.sleep(0.1)
    assert not other.is_leader
    one.stop()
    assert not one.is_leader
    wait_until(lambda: other.is_leader)
    other.stop()


def test_a_leader_that_stands_still_is_given_up_by_the_server(database_url: str) -> None:
    with Leader(database_url)._connect() as connection:
        assert connection.execute("SHOW idle_session_timeout").fetchone() == ("6s",)


def test_who_does_not_lead_does_not_ring() -> None:
    rung: Counter[str] = Counter()
    job = Job("a", Kind.SWEEP, "a.do", 1, "why")
    Ticking(rung.update, lambda: False).tick(job)
    assert not rung
    Ticking(rung.update, lambda: True).tick(job)
    assert rung == {"a.do": 1}


def test_every_bell_is_in_the_schedule_with_its_reason() -> None:
    jobs = schedule(7.5)
    assert {job.bell for job in jobs} == set(bells.BELLS)
    assert len({job.name for job in jobs}) == len(jobs)
    assert all(job.why for job in jobs)
    assert next(job.seconds for job in jobs if job.bell == bells.EXPIRE_WINDOWS) == 7.5
