"""The audit chain of a payment: each entry holds the hash of the one before, so that no one can be changed unseen."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from domain.messaging import AuditEntry
from domain.payment import Note, Payment


def link(payment: Payment) -> list[AuditEntry]:
    """Turn a payment's notes into the next links of its chain, and remember the chain's new end in the session."""
    session = payment.session
    entries = chain(session.id, session.audit_seq, session.audit_hash, payment.notes)
    if entries:
        session.audit_seq, session.audit_hash = entries[-1].seq, entries[-1].hash
    return entries


def chain(session_id: UUID, seq: int, previous: bytes | None, notes: Iterable[Note]) -> list[AuditEntry]:
    """The links that follow after number `seq`, whose hash is `previous`."""
    entries = []
    for note in notes:
        seq += 1
        data = {name: value for name, value in note.data.items() if value is not None}
        entry = AuditEntry(session_id, seq, note.action, note.actor, note.at, data, previous, b"")
        entry.hash = previous = entry_hash(entry)
        entries.append(entry)
    return entries


def entry_hash(entry: AuditEntry) -> bytes:
    """SHA-256 over an entry's canonical form and the hash before it."""
    canonical: dict[str, Any] = {
        "session": str(entry.session_id),
        "seq": entry.seq,
        "action": entry.action,
        "actor": entry.actor,
        "at": entry.at.timestamp(),
        "data": entry.data,
    }
    return sha256((entry.previous_hash or b"") + orjson.dumps(canonical, option=orjson.OPT_SORT_KEYS)).digest()
