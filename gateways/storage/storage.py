"""What every storage of receipts promises."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.errors import GatewayRefused


class KeyRefused(GatewayRefused):
    """No name for something stored: see `checked_key`."""

    code = "storage_key_refused"


class NotStored(GatewayRefused):
    """Nothing is stored under this key."""

    code = "not_stored"


class StoredOtherwise(GatewayRefused):
    """Under this key something else is stored, or what came is not what was meant. Nothing was changed."""

    code = "stored_otherwise"


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that is not as it should be, although receipts can be stored."""

    found: str
    advice: str


class ReceiptStorage(Protocol):
    """Keeps the bytes of receipts. Safe for threads.

    Every method but `link` asks the world and takes bounded time. It raises `GatewayUnavailable` for what heals by
    itself (full, away, too many requests, no credentials yet), and `GatewayRefused` for what a person must mend.
    """

    @property
    def place(self) -> str:
        """Where it is, for people."""

    def put(self, key: str, content: bytes, *, sha256: bytes) -> None:
        """Store under this key, durably. The same content again is fine.

        Raises:
            KeyRefused: it is no key.
            StoredOtherwise: there is another content under it, or the content has another hash.
        """

    def get(self, key: str) -> bytes:
        """What is stored under this key.

        Raises:
            KeyRefused, NotStored: there can be nothing, or there is nothing.
        """

    def link(self, key: str, *, filename: str, now: datetime, ttl: timedelta) -> str:
        """An address where a browser gets it, without a token, under this name and until then.

        It does not ask whether there is something.
        """

    def concerns(self) -> list[Concern]:
        """Try everything that storing needs, without leaving anything behind; gives what is not as it should be.

        Raises:
            GatewayUnavailable, GatewayRefused: receipts could not be stored.
        """

    def close(self) -> None:
        """Close all connections."""
