"""A real RabbitMQ of the test's own, from Debian's package `rabbitmq-server`."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from sandbox.embedded import ports

#: The package's plain script; the one on PATH changes the user.
SCRIPT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
START_SECONDS = 90.0
STOP_SECONDS = 30.0


def missing() -> str | None:
    """What this machine lacks to run a RabbitMQ, in a sentence."""
    if SCRIPT.exists() and shutil.which("epmd"):
        return None
    return "RabbitMQ is not installed here (Debian: apt-get install rabbitmq-server); CI=1 makes this an error"


class RabbitServer:
    """One node on loopback, with its own port mapper, so that it meets no other on this machine."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = ports.free_port()
        self._mapper_port = ports.free_port()
        self._dist_port = ports.free_port()
        self._node = f"gavelpay-{secrets.token_hex(4)}@localhost"
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"

    def start(self) -> "RabbitServer":
        self.directory.mkdir(exist_ok=True)
        self._spawn(["epmd", "-port", str(self._mapper_port), "-address", "127.0.0.1"])
        self._spawn([str(SCRIPT)])
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._answers():
                return self
            time.sleep(0.1)
        log = (self.directory / "output").read_text()
        self.stop()
        raise AssertionError(f"RabbitMQ did not start:\n{log}")

    def stop(self) -> None:
        # Each leads a group of its own: the server's script and its helpers end with it.
        for process in reversed(self._processes):
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._processes.clear()

    def _spawn(self, command: list[str]) -> None:
        home = str(self.directory)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "ERL_EPMD_PORT": str(self._mapper_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_MNESIA_BASE": f"{home}/mnesia",
            "RABBITMQ_LOG_BASE": f"{home}/log",
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{home}/plugins",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": f"{home}/none",
        }
        with (self.directory / "output").open("ab") as output:
            self._processes.append(
                subprocess.Popen(command, env=environment, stdout=output, stderr=output, start_new_session=True)
            )

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.settimeout(2)
                connection.sendall(b"AMQP\x00\x00\x09\x01")
                return bool(connection.recv(1))
        except OSError:
            return False
