"""What every storage promises, held against each of them."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import pytest

from domain.errors import GatewayRefused
from gateways.storage.filenames import content_disposition, media_type
from gateways.storage.folder import Folder
from gateways.storage.links import PATH
from gateways.storage.s3 import S3
from gateways.storage.storage import KeyRefused, NotStored, ReceiptStorage, StoredOtherwise

KEY = "receipts/2026/CRAFT-2026-000001.pdf"
PAPER = b"%PDF-1.4 \x00\xff a receipt"
TTL = timedelta(hours=1)


def digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def put(storage: ReceiptStorage, key: str = KEY, content: bytes = PAPER) -> None:
    storage.put(key, content, sha256=digest(content))


def downloaded(storage: ReceiptStorage, link: str) -> tuple[bytes, str, str]:
    """What a browser gets: content, type, disposition."""
    if isinstance(storage, S3):
        answer = httpx.get(link, trust_env=False)
        return answer.content, answer.headers["content-type"], answer.headers["content-disposition"]
    assert isinstance(storage, Folder)
    parts = urlsplit(link)
    query = {name: value for name, (value,) in parse_qs(parts.query).items()}
    key = unquote(parts.path).removeprefix(PATH)
    content, _ = storage.follow(key, **query, now=datetime.now(UTC))
    return content, media_type(key), content_disposition(query["filename"])


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest) -> ReceiptStorage:
    chosen: ReceiptStorage = request.getfixturevalue(request.param)
    return chosen


def test_what_was_put_is_what_is_got(storage: ReceiptStorage) -> None:
    put(storage)
    put(storage, "receipts/2026/CRAFT-2026-000002.pdf", b"another")

    assert storage.get(KEY) == PAPER
    assert storage.get("receipts/2026/CRAFT-2026-000002.pdf") == b"another"


def test_the_same_again_is_fine(storage: ReceiptStorage) -> None:
    put(storage)
    put(storage)

    assert storage.get(KEY) == PAPER


def test_another_content_under_a_taken_key_is_refused_and_changes_nothing(storage: ReceiptStorage) -> None:
    put(storage)

    with pytest.raises(StoredOtherwise, match="not replaced"):
        put(storage, content=b"another")
    assert storage.get(KEY) == PAPER


def test_a_content_that_was_damaged_on_its_way_is_not_stored(storage: ReceiptStorage) -> None:
    with pytest.raises(StoredOtherwise, match="another hash"):
        storage.put(KEY, PAPER, sha256=digest(b"what was meant"))
    with pytest.raises(NotStored):
        storage.get(KEY)


def test_nothing_is_under_a_key_that_nothing_was_put_under(storage: ReceiptStorage) -> None:
    with pytest.raises(NotStored, match="CRAFT-2026-000001"):
        storage.get(KEY)


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", ".hidden", "a/.draft-1", "a\0b", "a\\b", "a%2e", "ä", "a\n"],
)
def test_no_key_leads_elsewhere(storage: ReceiptStorage, key: str) -> None:
    acts: list[Callable[[], object]] = [
        lambda: put(storage, key),
        lambda: storage.get(key),
        lambda: storage.link(key, filename="x.pdf", now=datetime.now(UTC), ttl=TTL),
    ]
    for act in acts:
        with pytest.raises(KeyRefused):
            act()


@pytest.mark.parametrize("filename", ["CRAFT-2026-000001.pdf", 'Quittung "Vase", Zürich.pdf'])
def test_a_link_gives_a_browser_the_file_by_its_name(storage: ReceiptStorage, filename: str) -> None:
    put(storage)

    link = storage.link(KEY, filename=filename, now=datetime.now(UTC), ttl=TTL)

    content, kind, disposition = downloaded(storage, link)
    assert (content, kind) == (PAPER, "application/pdf")
    assert disposition == content_disposition(filename)


def test_many_at_once_that_put_the_same_are_all_content(storage: ReceiptStorage) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: put(storage), range(16)))

    assert storage.get(KEY) == PAPER


def test_of_many_at_once_that_put_different_things_one_has_its_way(storage: ReceiptStorage) -> None:
    def attempt(number: int) -> int:
        try:
            put(storage, content=b"%d" % number)
        except StoredOtherwise:
            return 0
        return number

    with ThreadPoolExecutor(8) as pool:
        winners = [number for number in pool.map(attempt, range(1, 17)) if number]

    # Amazon decides between those that come at the same moment; what stands in for it here lets the last one win.
    assert storage.get(KEY) in [b"%d" % number for number in winners]
    if isinstance(storage, Folder):
        assert len(winners) == 1


def test_a_storage_in_order_raises_no_concern_and_keeps_nothing_of_the_trial(storage: ReceiptStorage) -> None:
    put(storage)

    assert storage.concerns() == []
    if isinstance(storage, Folder):
        assert [path.name for path in _files(storage)] == ["CRAFT-2026-000001.pdf"]
    else:
        assert isinstance(storage, S3)
        client, name = storage._bucket.client, storage._bucket.name
        assert client.list_multipart_uploads(Bucket=name).get("Uploads", []) == []
        listed = client.list_objects_v2(Bucket=name)["Contents"]
        assert [one["Key"] for one in listed] == [f"a house/2026/{KEY}"]


def test_what_is_far_too_large_is_no_receipt(storage: ReceiptStorage) -> None:
    put(storage, content=b"x" * (16 * 1024**2 + 1))

    with pytest.raises(GatewayRefused, match="no receipt"):
        storage.get(KEY)


def _files(folder: Folder) -> list[Path]:
    return [path for path in Path(folder.place).rglob("*") if path.is_file()]
