"""Paper for tests of everything but paper: quick to print, and told apart by every word."""

from hashlib import sha256 as sha
from typing import Any

import orjson

from domain.documents import Document
from domain.errors import GatewayRefused
from domain.freezing import freeze


class PlainPrinter:
    """Prints what stands on a document, and nothing else: the same bytes each time."""

    def print(self, document: Document) -> bytes:
        return b"%PDF-1.4\n" + orjson.dumps(freeze(document), option=orjson.OPT_SORT_KEYS)


class Shelf:
    """Keeps what was stored, and counts how often each was put there."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.puts: list[str] = []
        #: What is raised instead of storing, one after the other.
        self.failures: list[Exception] = []

    def put(self, key: str, content: bytes, *, sha256: bytes) -> None:
        if self.failures:
            raise self.failures.pop(0)
        assert sha(content).digest() == sha256
        assert self.files.setdefault(key, content) == content, "another content under the same key"
        self.puts.append(key)

    def get(self, key: str) -> bytes:
        if key not in self.files:
            raise GatewayRefused(f"there is no {key}")
        return self.files[key]

    def link(self, key: str, **_: Any) -> str:
        return f"http://shelf.test/{key}"
