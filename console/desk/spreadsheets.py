"""Rows as CSV for spreadsheets: what strangers wrote is text there, too, and never a formula."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from io import StringIO
from typing import Any, Final

#: What begins so is worked out by spreadsheets, and may send what stands beside it somewhere; in some languages they
#: take the wide signs for it, too. Where commas stand in decimals, a cell ends at the semicolon within it.
_FORMULA: Final = re.compile("(^|[;\\t])([ \"']*)(?=[=+@|%\\t\\r\\n\uff1d\uff0b\uff0d\uff20-])")
#: Tells spreadsheets that this is UTF-8.
_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
_LINES: Final = 500


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """A file in pieces. Times are ISO 8601 in UTC; nothing is an empty cell."""
    text = StringIO()
    text.write(_MARK)
    writer = csv.writer(text)
    writer.writerow(columns)
    for number, row in enumerate(rows, 1):
        writer.writerow(map(cell, row))
        if number % _LINES == 0:
            yield _taken(text)
    yield _taken(text)


def cell(value: Any) -> str:
    """One cell."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if not isinstance(value, str):
        return str(value)
    return _FORMULA.sub(r"\1'\2", value)


def _taken(text: StringIO) -> bytes:
    piece = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return piece
