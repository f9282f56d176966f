"""Signed heads of all audit chains, as lines of text: kept elsewhere, they show what was removed or rewritten here.

The first line says when they were signed; one line for each chain follows, in the order of their ids; the last line
signs all bytes before it (HMAC-SHA256 under a key derived from FIELD_INDEX_KEY: the database alone cannot forge it).
"""

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final
from uuid import UUID

import orjson

from domain.audit import ChainHead
from domain.errors import PermanentError

#: What the signing key is derived for.
PURPOSE: Final = b"audit heads 1"
#: The first line and the last.
FRAME: Final = 2
_FORMAT: Final = "gavelpay-audit-heads-1"


class HeadsNotOurs(PermanentError):
    """The file is no list of heads, or was not signed with our key, or was changed since."""

    code = "heads_not_ours"


@dataclass(frozen=True, slots=True)
class HeadsFile:
    """A file whose signature is right. Its heads are read while they are needed, for there may be millions."""

    file: BinaryIO
    signed_at: datetime
    chains: int

    def heads(self) -> Iterator[ChainHead]:
        """The heads, in the order of their chains."""
        self.file.seek(0)
        next(self.file)
        for _ in range(self.chains):
            head = orjson.loads(next(self.file))
            yield ChainHead(UUID(head["session"]), head["seq"], bytes.fromhex(head["hash"]))


def sign_heads(heads: Iterable[ChainHead], key: bytes, now: datetime) -> Iterator[bytes]:
    """The lines of a file of heads."""
    mac, chains = hmac.new(key, digestmod="sha256"), 0

    def signed(document: dict[str, Any]) -> bytes:
        text = orjson.dumps(document) + b"\n"
        mac.update(text)
        return text

    yield signed({"format": _FORMAT, "signedAt": now.astimezone(UTC).isoformat()})
    for head in heads:
        chains += 1
        yield signed({"session": str(head.chain), "seq": head.seq, "hash": head.hash.hex()})
    yield orjson.dumps({"chains": chains, "signature": mac.hexdigest()}) + b"\n"


def open_heads(file: BinaryIO, key: bytes) -> HeadsFile:
    """Verify a file's signature.

    Raises:
        HeadsNotOurs: it does not hold what we once signed.
    """
    mac, lines, last = hmac.new(key, digestmod="sha256"), 0, b""
    for line in file:
        mac.update(last)
        lines, last = lines + 1, line
    try:
        end = orjson.loads(last)
        genuine = hmac.compare_digest(str(end["signature"]), mac.hexdigest())
        file.seek(0)
        first = orjson.loads(file.readline())
        if genuine and first["format"] == _FORMAT and end["chains"] == lines - FRAME:
            return HeadsFile(file, datetime.fromisoformat(first["signedAt"]), end["chains"])
    except (ValueError, KeyError, TypeError):
        pass
    raise HeadsNotOurs("the heads were not signed with our key, or were changed since")
