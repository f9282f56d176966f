"""Takes out of a PDF whatever tells when it was made, so that printing a document twice gives the same bytes."""

import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

#: Parentheses within a text are escaped, so no text of a page looks like this.
_DATE: Final = re.compile(rb"/(CreationDate|ModDate) \(D:[^)]{21}\)")
_ID: Final = re.compile(rb"/ID\s+\[<([0-9a-f]{32})><\1>\]")
_TRAILER: Final = b"\ntrailer\n"


def sealed(pdf: bytes, at: datetime) -> bytes:
    """The same file, dated with its document's date, and with an id that follows from its content.

    The replacements are as long as what they replace, so the file's own table of places stays true.

    Raises:
        ValueError: this is no file as ReportLab writes it.
    """
    date = f"D:{at.astimezone(UTC):%Y%m%d%H%M%S}+00'00'".encode()
    dated, dates = _DATE.subn(rb"/\1 (" + date + rb")", pdf)
    content, trailer, end = dated.rpartition(_TRAILER)
    found = _ID.search(end)
    if dates != 2 or found is None:  # noqa: PLR2004 it is made and changed at the same moment
        raise ValueError("this is no PDF as ReportLab writes it")
    name = sha256(content).hexdigest()[:32].encode()
    return content + trailer + end.replace(found[1], name)
