"""Tells whoever watches payments that one has changed, once the change is committed. PostgreSQL decides, never Redis.

Only ids and versions are told. In the same step, what is kept of the payment's status for readers is forgotten.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import structlog
from redis import Redis

from domain.payment import Note
from domain.session import PaymentSession
from gateways.live_status_scripts import TELL

log = structlog.get_logger()

CHANNEL: Final = "payment:changes"
KEY: Final = "payment:status:"
#: Milliseconds that a status is kept: no reader ever sees one that is older, whatever gets lost on the way.
KEPT_MS: Final = 2000
#: Seconds of silence after a failure, so that a Redis that is away slows nobody down.
_QUIET: Final = 5.0
#: Payments in one step of Redis.
_AT_ONCE: Final = 200


class RedisChanges:
    """Tells of changes through Redis. Safe for threads.

    Args:
        client: with short timeouts; see `window_mirror.connect`.
        quiet: seconds after a failure in which nothing is told.
    """

    def __init__(self, client: "Redis", *, quiet: float = _QUIET) -> None:
        self._client = client
        self._quiet = quiet
        self._away_until: float | None = None
        self._tell = client.register_script(TELL)

    def noted(self, notes: Sequence[tuple[PaymentSession, Note]]) -> None:
        """Tell of the payments about which something was noted. Never raises: whoever watches also looks by itself."""
        self.tell({session.id: session.audit_seq for session, _ in notes})

    def tell(self, versions: Mapping[UUID, int]) -> None:
        """Tell which payments have come to which version."""
        away_until = self._away_until
        if away_until is not None and time.monotonic() < away_until:
            return
        changes = [(str(session_id), version) for session_id, version in versions.items()]
        try:
            for begin in range(0, len(changes), _AT_ONCE):
                some = changes[begin : begin + _AT_ONCE]
                keys = [f"{KEY}{session_id}" for session_id, _ in some]
                self._tell(keys, [CHANNEL, written(some), KEPT_MS, *(version for _, version in some)])
        except Exception as error:  # noqa: BLE001 - the change is committed, whatever becomes of its news
            self._away_until = time.monotonic() + self._quiet
            if away_until is None:
                log.warning("changes.not_told", error=str(error) or type(error).__name__)
        else:
            self._away_until = None

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


def written(changes: Sequence[tuple[UUID | str, int]]) -> str:
    """Changes as they go over the channel: `id:version id:version`."""
    return " ".join(f"{session_id}:{version}" for session_id, version in changes)


def read(message: bytes) -> dict[UUID, int]:
    """Changes as they came; raises `ValueError` for what is none of ours."""
    pairs = (part.split(":") for part in message.decode("ascii").split())
    return {UUID(session_id): int(version) for session_id, version in pairs}
