"""No key, however it is made, leaves its folder or means two things."""

import hashlib
import tempfile
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from domain.errors import GatewayRefused
from gateways.storage.folder import Folder
from gateways.storage.keys import checked_key
from gateways.storage.links import SignedLinks
from gateways.storage.storage import KeyRefused, NotStored

#: What path tricks are made of, and what keys are made of.
PIECES = some.sampled_from(
    [
        *"/.\\%~:*?&#;| \0\n\r\t",
        "..",
        "../",
        "./",
        "%2e",
        "%2f",
        "%00",
        "a",
        "Z",
        "0",
        "-",
        "_",
        "CRAFT-2026-000001.pdf",
        "ä",
        "\uff0e",
        "\uff0f",
    ]
)
TRICKS = some.one_of(some.text(max_size=80), some.lists(PIECES, max_size=12).map("".join))
PARTS = some.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
KEYS = some.lists(PARTS, min_size=1, max_size=8).map("/".join)


def taken(key: str) -> bool:
    try:
        return checked_key(key) == key
    except KeyRefused:
        return False


@given(TRICKS)
@example("..")
@example("a/..")
@example("a/../b")
@example("/a")
@example("a\n")
@example("a/\0")
def test_a_key_that_is_taken_is_a_plain_path_below(key: str) -> None:
    if not taken(key):
        return
    root = Path("/a/folder")
    below = (root / key).relative_to(root)
    assert str(below) == key
    assert not any(part.startswith(".") for part in PurePosixPath(key).parts)
    # The same in an address, whoever reads it.
    assert quote(key) == key
    assert urlsplit(f"https://h/{key}").path == f"/{key}"
    assert key.isascii()
    assert key.isprintable()


@given(KEYS)
def test_ordinary_keys_are_taken(key: str) -> None:
    assert taken(key)


@pytest.mark.parametrize("key", ["a" * 65, "/".join("a" * 9), "/".join(["a" * 60] * 5), "a" * 64 + "/b"])
def test_keys_have_bounds(key: str) -> None:
    assert taken(key) is (key == "a" * 64 + "/b")


@settings(deadline=None)  # it waits for the disk
@given(some.lists(some.tuples(TRICKS | KEYS, some.binary(max_size=8)), max_size=4))
def test_nothing_is_ever_written_outside_and_everything_taken_comes_back(puts: list[tuple[str, bytes]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "receipts"
        folder = Folder(root, SignedLinks("https://pay.example", b"s"))
        kept: dict[str, bytes] = {}
        for key, content in puts:
            try:
                folder.put(key, content, sha256=hashlib.sha256(content).digest())
            except GatewayRefused:
                assert key not in kept or kept[key] != content
            else:
                assert kept.setdefault(key, content) == content
        assert set(Path(place).iterdir()) <= {root}
        assert {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()} == set(kept)
        assert {key: folder.get(key) for key in kept} == kept
        with pytest.raises((KeyRefused, NotStored)):
            folder.get("never/put.txt")
