"""The real command as a process, looked at from outside."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.run.command import run_until_stopped
from cli.run.options import Options
from sandbox.embedded.ports import is_free
from tests.sandbox.processes import PATIENCE, eventually, gone, runs, with_descendants

ROOT = Path(__file__).parents[2]
#: What must not reach the command from whoever runs the tests.
FOREIGN = ("DATABASE_URL", "REDIS_URL", "BROKER_URL", "STRIPE_SECRET_KEY", "SMTP_URL", "AUTH_JWKS_URL")


def free_port_base(span: int = 10) -> int:
    """A base from which on so many ports are free, below those of outgoing connections."""
    for _ in range(200):
        base = random.randrange(10_000, 32_000, span)  # noqa: S311 - not a secret
        if all(is_free(port) for port in range(base, base + span)):
            return base
    raise AssertionError("no free ports")


def environment(**more: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return own | {"PYTHONPATH": str(ROOT)} | more


def refused(directory: Path, port_base: int, **environ: str) -> int:
    """Run the command in this process, where it is expected to say soon why it cannot; returns its exit code."""
    return run_until_stopped(Options(12, 2.0, True, directory, port_base, 1), environ)


@dataclass
class Running:
    """A `gavelpay run` under way."""

    process: subprocess.Popen[bytes]
    directory: Path
    output: Path

    def told(self) -> dict[str, Any]:
        """What `run.json` says."""
        found: dict[str, Any] = json.loads((self.directory / "run.json").read_text())
        return found

    def is_up(self) -> bool:
        return (self.directory / "run.json").exists()

    def wait_until_up(self) -> dict[str, Any]:
        def up() -> bool:
            assert self.process.poll() is None, self.text()
            return self.is_up()

        eventually(up, 2 * PATIENCE)
        return self.told()

    def family(self) -> set[int]:
        """Every process that it started, directly or not, and itself."""
        return with_descendants(self.process.pid)

    def text(self) -> str:
        return self.output.read_text()


@contextmanager
def running(
    directory: Path, port_base: int, *arguments: str, command: Sequence[str] = ("-m", "cli"), **env: str
) -> Iterator[Running]:
    """Run the command while the block lasts; nothing of it is left afterwards, whatever happens."""
    output = directory.parent / f"{directory.name}.out"
    where = ["--data-dir", str(directory), "--port-base", str(port_base)]
    started = [sys.executable, *command, "run", *arguments, *where]
    with output.open("ab") as file:
        process = subprocess.Popen(started, cwd=ROOT, env=environment(**env), stdout=file, stderr=file)
    run = Running(process, directory, output)
    try:
        yield run
    finally:
        family = run.family() if process.poll() is None else set()
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        end(process)
        # A supervisor that was killed is outlived by its children for a moment.
        kill_what_is_left(sorted(family))


def end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def kill_what_is_left(pids: Sequence[int], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not gone(pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in filter(runs, pids):
        os.kill(pid, signal.SIGKILL)
