"""Audit entries as files: CSV for spreadsheets, JSON lines for programs."""

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC
from io import StringIO
from typing import Final

import orjson

from console.desk.raw import discreet
from console.desk.timeline import words_of
from models.audit_lists import AuditRow

#: A spreadsheet takes a cell that begins so for a formula, and may send what stands in others anywhere.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
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
    """One entry a line, below a line of names. No cell is a formula."""
    yield _line(_COLUMNS)
    for entry, _ in rows:
        data = discreet(entry.data)
        at = entry.at.astimezone(UTC).isoformat()
        said = orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode()
        cells = (
            at,
            entry.session_id,
            entry.seq,
            entry.action,
            entry.actor,
            words_of(entry) or "",
            said,
            entry.hash.hex(),
        )
        yield _line([harmless(str(cell)) for cell in cells])


def harmless(cell: str) -> str:
    """A cell that no spreadsheet computes: behind an apostrophe where it would begin like a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def _line(cells: Iterable[str]) -> bytes:
    text = StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()
