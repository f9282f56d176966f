"""Ports on loopback."""

import random
import socket
from contextlib import closing
from pathlib import Path

from sandbox.embedded.errors import EmbeddedServerError

LOOPBACK = "127.0.0.1"
LOWEST_PORT = 15_000
EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
#: Where the system does not say: below what any of them uses for outgoing connections.
USUAL_EPHEMERAL_START = 32_768
TRIES = 100


def is_free(port: int) -> bool:
    """Return whether a server could listen on the port of 127.0.0.1 now; False too where that needs root."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def choose(port: int, name: str) -> int:
    """Return `port`, or for 0 one that is free.

    Raises:
        EmbeddedServerError: somebody listens on `port` already.
    """
    if port == 0:
        return free_port()
    if not is_free(port):
        raise EmbeddedServerError(
            f"{name} cannot use port {port} on {LOOPBACK}: another program has it. "
            "Stop that program, or choose another port."
        )
    return port


def free_port(tries: int = TRIES) -> int:
    """Return a free port below the range of outgoing connections.

    Port 0 would give one inside that range. There, while the server is being restarted, an outgoing connection may
    get its port: even the very client that tries to reconnect, which then talks to itself.
    """
    highest = ephemeral_start(EPHEMERAL_RANGE) - 1
    for _ in range(tries):
        port = random.randint(min(LOWEST_PORT, highest), highest)  # noqa: S311 - not a secret
        if is_free(port):
            return port
    with closing(socket.socket()) as any_port:
        any_port.bind((LOOPBACK, 0))
        return int(any_port.getsockname()[1])


def ephemeral_start(file: Path) -> int:
    """Return where the system's range of outgoing ports starts, as `file` says; the usual one where that is no help."""
    try:
        start = int(file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return USUAL_EPHEMERAL_START
    return start if start > LOWEST_PORT else USUAL_EPHEMERAL_START
