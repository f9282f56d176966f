"""Which process listens where: `--port-base` and what follows it, all on 127.0.0.1."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cli.run.errors import CannotRun
from sandbox.embedded.ports import is_free

HOST: Final = "127.0.0.1"
#: How many ports from the base on may be used.
SPAN: Final = 10


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one run. The first five are promised to users; the rest may move."""

    base: int

    @property
    def api(self) -> int:
        """API, buyer's page, console."""
        return self.base

    @property
    def ingest(self) -> int:
        """Stripe's webhooks."""
        return self.base + 1

    @property
    def worker_metrics(self) -> int:
        """The worker's figures."""
        return self.base + 2

    @property
    def scheduler_metrics(self) -> int:
        """The scheduler's figures."""
        return self.base + 3

    @property
    def sandbox(self) -> int:
        """The Stripe sandbox."""
        return self.base + 4

    @property
    def postgres(self) -> int:
        """The embedded PostgreSQL."""
        return self.base + 5

    @property
    def redis(self) -> int:
        """The embedded Valkey."""
        return self.base + 6

    @property
    def mailbox(self) -> int:
        """The mailbox's pages."""
        return self.base + 7

    @property
    def smtp(self) -> int:
        """The mailbox's mail server."""
        return self.base + 8

    @property
    def auction_house(self) -> int:
        """Where the simulated auction house hears of payments."""
        return self.base + 9


def url(port: int, path: str = "") -> str:
    """An address on this machine."""
    return f"http://{HOST}:{port}{path}"


def check_free(wanted: Iterable[tuple[int, str]]) -> None:
    """Make sure that nobody listens on these ports, given with who is to have them.

    Raises:
        CannotRun: somebody does.
    """
    taken = [(port, name) for port, name in wanted if not is_free(port)]
    if taken:
        listed = ", ".join(f"{port} ({name})" for port, name in taken)
        which = "port is" if len(taken) == 1 else "ports are"
        raise CannotRun(
            f"The {which} in use by another program: {listed}. Stop that program, or choose others with --port-base."
        )
