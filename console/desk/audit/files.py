"""Audit entries as files: CSV for spreadsheets, JSON lines for programs."""

from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Any, Final

import orjson

from console.desk.discretion import discreet
from console.desk.spreadsheets import as_csv
from console.desk.timeline import words_of
from models.audit_lists import AuditRow

_COLUMNS: Final = ("at", "chain", "seq", "action", "actor", "reason", "data", "hash")


def json_lines(rows: Iterable[AuditRow]) -> Iterator[bytes]:
    """One entry a line, with the hashes that chain it."""
    for entry, _ in rows:
        yield (
            orjson.dumps(
                {
                    "chain": str(entry.session_id),
                    "seq": entry.seq,
                    "action": entry.action,
                    "actor": entry.actor,
                    "at": entry.at.astimezone(UTC).isoformat(),
                    "data": discreet(entry.data),
                    "previousHash": entry.previous_hash.hex() if entry.previous_hash else None,
                    "hash": entry.hash.hex(),
                }
            )
            + b"\n"
        )


def comma_separated(rows: Iterable[AuditRow]) -> Iterator[bytes]:
    """One entry a line, below a line of names."""
    return as_csv(_COLUMNS, map(_cells, rows))


def _cells(row: AuditRow) -> tuple[Any, ...]:
    entry, _ = row
    said = orjson.dumps(discreet(entry.data), option=orjson.OPT_SORT_KEYS).decode()
    at = entry.at.astimezone(UTC).isoformat()  # to the microsecond: entries of one second have an order
    reason = words_of(entry)
    return at, entry.session_id, entry.seq, entry.action, entry.actor, reason, said, entry.hash.hex()
