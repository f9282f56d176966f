"""What is around the system under drill: servers of its own, and the wires to them that can be cut."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.run.ports import Ports
from proof.drill.wire import Wire
from sandbox.embedded import PostgresServer, ValkeyServer

#: What would let a drill reach servers of somebody else, or people.
_OUTSIDE: Final = re.compile(
    r"(DATABASE|REDIS|BROKER|SMTP|SMS|AUTH_JWKS|RECEIPT_STORAGE|AUCTION_WEBHOOK|ORDER_WEBHOOK|SEGMENT|STRIPE|FIELD_ENCRYPTION)_.*"
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The servers, and the wires through which the system reaches them."""

    postgres: PostgresServer
    valkey: ValkeyServer
    to_postgres: Wire
    to_redis: Wire

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """What the system is given: nothing of the outside, and the wires."""
        kept = {name: value for name, value in environ.items() if not _OUTSIDE.fullmatch(name)}
        return kept | {"DATABASE_URL": self.to_postgres.url, "REDIS_URL": self.to_redis.url}


@contextmanager
def surroundings(directory: Path, ports: Ports) -> Iterator[Surroundings]:
    """Run the servers while the block lasts.

    Raises:
        EmbeddedServerError: one cannot be run here.
    """
    with (
        PostgresServer(directory, ports.postgres) as postgres,
        ValkeyServer(directory, ports.redis) as valkey,
        Wire(postgres.url) as to_postgres,
        Wire(valkey.url) as to_redis,
    ):
        yield Surroundings(postgres, valkey, to_postgres, to_redis)
