"""What an audit chain must be, and what it looks like where it is broken."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.messaging import AuditEntry


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The newest entry of a chain. Whoever holds the head notices what is changed or missing before it."""

    #: A payment's id, or `SECURITY_CHAIN`.
    chain: UUID
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """The first entry of a chain that is not as it must be."""

    chain: UUID
    #: The entry, or the place where it is missing.
    seq: int
    #: None where the entry itself is missing, or all right.
    action: str | None
    at: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """Where a chain must end, according to whom it belongs to."""

    seq: int
    #: None where only the number is known.
    hash: bytes | None


class ChainInHand:
    """One chain, looked at from its first entry to its last.

    Args:
        chain: whose it is.
        hash_of: what an entry's hash must be.
        signed: its head as it was signed some day, if it was.
    """

    def __init__(self, chain: UUID, hash_of: Callable[[AuditEntry], bytes], signed: ChainHead | None = None) -> None:
        self._chain = chain
        self._hash_of = hash_of
        self._signed = signed
        self._seq = 0
        self._hash: bytes | None = None
        self.broken: BrokenLink | None = None

    @property
    def head(self) -> ChainHead | None:
        """Its newest entry, if it has any."""
        return None if self._hash is None else ChainHead(self._chain, self._seq, self._hash)

    def take(self, entry: AuditEntry) -> None:
        """Look at the next entry."""
        if self.broken is None:
            if entry.seq != self._seq + 1:
                self._missing(self._seq + 1)
            elif why := self._wrong_with(entry):
                self.broken = BrokenLink(self._chain, entry.seq, entry.action, entry.at, why)
        self._seq, self._hash = entry.seq, entry.hash

    def end(self, end: ChainEnd | None) -> None:
        """There are no more entries, and the chain's owner says this of its end; None: there is no owner."""
        if self.broken is not None:
            return
        if self._signed is not None and self._seq < self._signed.seq:
            self._missing(self._seq + 1, f"; up to entry {self._signed.seq} they were signed")
        elif end is None:
            self._at(self._seq, "it belongs to a payment that is gone")
        elif end.seq > self._seq:
            self._missing(self._seq + 1, f"; the last one is entry {end.seq}")
        elif end.seq < self._seq:
            self._at(end.seq + 1, f"the chain should end before it, with entry {end.seq}")
        elif end.hash not in (None, self._hash):
            self._at(self._seq, "it is not the one that the payment ends with")

    def _wrong_with(self, entry: AuditEntry) -> str | None:
        if entry.previous_hash != self._hash:
            return "it does not follow from the entry before it"
        if entry.hash != self._hash_of(entry):
            return "it is not as it was written"
        if self._signed is not None and entry.seq == self._signed.seq and entry.hash != self._signed.hash:
            return "it is not the one that was signed"
        return None

    def _missing(self, seq: int, more: str = "") -> None:
        self._at(seq, f"it is missing{more}")

    def _at(self, seq: int, why: str) -> None:
        self.broken = BrokenLink(self._chain, seq, None, None, why)
