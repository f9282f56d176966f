"""The real thing: `gavelpay run` with all its processes, driven from outside as an auction house would."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from sandbox.auction_house.channels import RedisIntake
from tests.unmeasured import unmeasured

ROOT = Path(__file__).parents[2]


@dataclass
class Stack:
    """A running stack."""

    data_dir: Path

    @property
    def run(self) -> dict[str, Any]:
        return dict(json.loads((self.data_dir / "run.json").read_text()))

    def url(self, name: str) -> str:
        return str(self.run["urls"][name])

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url("database")) as connection:
            return connection.execute(sql).fetchall()

    def by_queue(self, message: dict[str, Any]) -> None:
        with RedisIntake(self.url("broker")) as intake:
            intake.send(message)

    def by_http(self, message: dict[str, Any]) -> httpx.Response:
        body = {
            "auctionId": message["auction_id"],
            "buyerId": message["buyer_id"],
            "makerId": message["maker_id"],
            "amount": float(message["amount"]),
            "currency": message["currency"],
        }
        return httpx.post(
            f"{self.url('api')}/payments/checkout/create",
            json=body,
            headers={"authorization": f"Bearer {self.run['service_token']}"},
            timeout=30,
        )

    def pay(self, checkout_id: str, card: str = "4242424242424242") -> httpx.Response:
        return httpx.post(f"{self.url('sandbox')}/sandbox/checkouts/{checkout_id}/pay", json={"card": card}, timeout=30)

    def slow_down(self, operation: str, *, calls: int, seconds: float) -> None:
        """Have Stripe take its time for the next calls of an operation."""
        rule = {"kind": "latency", "operation": operation, "count": calls, "seconds": seconds}
        httpx.post(f"{self.url('sandbox')}/sandbox/faults", json=rule, timeout=30).raise_for_status()

    def kill(self, role: str) -> list[int]:
        """Kill -9 the processes of a role."""
        pids = self.run["pids"][role]
        for pid in pids if isinstance(pids, list) else [pids]:
            os.kill(pid, signal.SIGKILL)
        return list(pids) if isinstance(pids, list) else [pids]


def message(number: int = 1) -> dict[str, Any]:
    return {
        "auction_id": f"lot-{number}",
        "buyer_id": f"buyer-{number}",
        "maker_id": "maker",
        "amount": "120.00",
        "currency": "USD",
        "title": f"Lot {number}",
    }


def eventually(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    """The first true answer; fails after that many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer or time.monotonic() > deadline:
            assert answer, "it did not happen in time"
            return answer
        time.sleep(0.05)


def at_once(work: Callable[[int], Any], times: int, threads: int = 16) -> list[Any]:
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, range(times)))


@contextmanager
def running_stack(data_dir: Path, **environ: str) -> Iterator[Stack]:
    """Start the whole system with no auctions of its own, and stop it."""
    log = (data_dir.parent / f"{data_dir.name}.out").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "run", "--auctions", "0", "--data-dir", data_dir, "--port-base", str(_ports())],
        cwd=ROOT,
        env=unmeasured() | {"PYTHONPATH": str(ROOT)} | environ,
        stdout=log,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: (data_dir / "run.json").exists() or process.poll() is not None, 90)
        assert process.poll() is None, Path(log.name).read_text()[-3000:]
        yield Stack(data_dir)
    finally:
        process.terminate()
        try:
            assert process.wait(30) == 0
        finally:
            log.close()


def _ports() -> int:
    """The first of twenty free ports in a row, below those that outgoing connections take."""
    for base in range(12_000 + os.getpid() % 500 * 20, 32_000, 20):
        if all(_is_free(port) for port in range(base, base + 20)):
            return base
    raise AssertionError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
