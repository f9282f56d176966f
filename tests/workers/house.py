"""A tiny application's directory, queues and whole worker processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
from redis import Redis

from tests.unmeasured import unmeasured
from tests.workers.tiny import BELLS

HERE = Path(__file__).parent
WAIT_SECONDS = 30.0


def wait_until(condition: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
    """Wait for something to be true, and answer with it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s in vain")


def request(number: int, **more: Any) -> dict[str, Any]:
    return {
        "auction_id": f"auction-{number}",
        "buyer_id": "buyer",
        "maker_id": "maker",
        "amount": "275.50",
        "currency": "USD",
    } | more


class House:
    """The tiny application's directory, its queues, and its worker processes."""

    def __init__(self, root: Path, url: str) -> None:
        self.root = root
        self.url = url
        self.processes: list[subprocess.Popen[bytes]] = []
        for bell in BELLS:
            (root / "due" / bell).mkdir(parents=True)
            (root / "done" / bell).mkdir(parents=True)
        (root / "log").touch()

    @cached_property
    def redis(self) -> "Redis":
        return Redis.from_url(self.url)

    def start(self, **options: Any) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.workers.tiny", str(self.root), self.url, json.dumps(options)]
        # Those with options of these show what starting and stopping covers; all the others do the same again.
        environ = dict(os.environ) if {"processes", "metrics_port"} & options.keys() else unmeasured()
        with (self.root / "output").open("ab") as output:
            process = subprocess.Popen(command, cwd=HERE.parent.parent, env=environ, stdout=output, stderr=output)
        self.processes.append(process)
        return process

    def lines(self, key: str) -> list[dict[str, Any]]:
        *whole, _being_written = (self.root / "log").read_text().split("\n")
        lines = [json.loads(line) for line in whole]
        return [line for line in lines if key in line]

    def values(self, key: str) -> list[str]:
        return [line[key] for line in self.lines(key)]

    def output(self) -> str:
        return (self.root / "output").read_text()

    def started(self) -> int:
        return self.output().count("worker.started")

    def send(self, kwargs: Any, queue: str = "payment_required", **fields: Any) -> bytes:
        message_id = str(uuid4())
        message = {
            "queue_name": queue,
            "actor_name": "payment_required",
            "args": [],
            "kwargs": kwargs,
            "options": {"redis_message_id": message_id},
            "message_id": message_id,
            "message_timestamp": int(time.time() * 1000),
        } | fields
        raw = orjson.dumps(message)
        self.put(raw, queue, message_id)
        return raw

    def put(self, raw: bytes, queue: str = "payment_required", message_id: str | None = None) -> None:
        message_id = message_id or str(uuid4())
        self.redis.hset(f"dramatiq:{queue}.msgs", message_id, raw)  # type: ignore[arg-type]
        self.redis.rpush(f"dramatiq:{queue}", message_id)

    def is_drained(self, queue: str = "payment_required") -> bool:
        return not self.redis.hlen(f"dramatiq:{queue}.msgs") and not self.redis.llen(f"dramatiq:{queue}")

    def add_due(self, bell: str, *names: str) -> None:
        for name in names:
            (self.root / "due" / bell / name).touch()

    def done(self, bell: str) -> list[str]:
        return sorted(piece.name for piece in (self.root / "done" / bell).iterdir())

    def stop_all(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(WAIT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if "redis" in self.__dict__:
            self.redis.close()
