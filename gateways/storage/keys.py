"""Keys of what is stored, and the hash of what is to be stored."""

import hashlib
import re
from typing import Final

from gateways.storage.storage import KeyRefused, StoredOtherwise

#: Parts with a slash between them. No part begins with a dot, so that none leads upwards or is hidden; there is nothing
#: that a shell, an address or a file system reads in another way; and with 64 letters a part fits everywhere.
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}(/[A-Za-z0-9][A-Za-z0-9._-]{0,63}){0,7}")
_LONGEST: Final = 256


def checked_key(key: str) -> str:
    """The key itself, such as `receipts/2026/CRAFT-2026-000001.pdf`.

    Raises:
        KeyRefused: it is not one to eight parts of at most 64 letters, digits, dots, hyphens and underscores.
    """
    if len(key) > _LONGEST or not _KEY.fullmatch(key):
        raise KeyRefused(f"{key[:80]!r} is no key of a receipt")
    return key


def check_hash(key: str, content: bytes, sha256: bytes) -> None:
    """Keep what was damaged on its way from being stored.

    Raises:
        StoredOtherwise: the content has another hash.
    """
    if hashlib.sha256(content).digest() != sha256:
        raise StoredOtherwise(f"what is to be stored as {key} has another hash than it should have")


def stored_otherwise(key: str) -> StoredOtherwise:
    """What to raise where a key is taken."""
    return StoredOtherwise(f"{key} holds another content already; it is not replaced")
