"""By what name, and as what, a browser keeps a file."""

from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote

_LONGEST: Final = 120
#: What one of the usual file systems takes for something else.
_SPECIAL: Final = frozenset('/\\:*?"<>|%')
_TYPES: Final = {".pdf": "application/pdf"}
_UNKNOWN: Final = "application/octet-stream"


def safe_filename(text: str) -> str:
    """A name that every file system takes, near the given one."""
    kept = "".join("-" if letter in _SPECIAL or not letter.isprintable() else letter for letter in text)
    kept = kept.strip(" .") or "receipt"
    suffix = PurePosixPath(kept).suffix[:10]
    return kept if len(kept) <= _LONGEST else kept[: _LONGEST - len(suffix)].rstrip(" .") + suffix


def content_disposition(filename: str) -> str:
    """The header that makes a browser keep a file, under this name (RFC 6266)."""
    name = safe_filename(filename)
    plain = "".join(letter if letter.isascii() else "_" for letter in name)
    extended = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'attachment; filename="{plain}"{extended}'


def media_type(key: str) -> str:
    """What is stored under this key."""
    return _TYPES.get(PurePosixPath(key).suffix, _UNKNOWN)
