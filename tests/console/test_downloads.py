"""Receipts of the local folder over HTTP: for whoever holds a link, and nobody else."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import httpx
import pytest
from structlog.testing import capture_logs

from console.app import create_api
from gateways.storage.folder import Folder
from gateways.storage.links import SignedLinks
from tests.console.calling import Client, Wire, wired
from tests.house import House, house

KEY = "receipts/2026/CRAFT-2026-000001.pdf"
PAPER = b"%PDF-1.4 <script>alert(1)</script>"
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def home(database_url: str, tmp_path: Path) -> Iterator[House]:
    with house(database_url, RECEIPT_STORAGE_URL=(tmp_path / "receipts").as_uri()) as home:
        home.app.receipt_storage.put(KEY, PAPER, sha256=hashlib.sha256(PAPER).digest())
        yield home


@pytest.fixture
def browser(caller: Callable[..., Client]) -> Client:
    return caller()


@pytest.fixture
def link(home: House) -> str:
    """A path with its query."""
    filename = "CRAFT-2026-000001.pdf"
    whole = home.app.receipt_storage.link(KEY, filename=filename, now=home.time(), ttl=timedelta(minutes=5))
    assert whole.startswith("http://127.0.0.1:8000/")
    return whole.removeprefix("http://127.0.0.1:8000")


def signed(home: House, key: str) -> str:
    """A link to anything, as somebody with our secret could make it."""
    storage = home.app.receipt_storage
    assert isinstance(storage, Folder)
    made = storage._links.make("k", "f.pdf", home.time(), timedelta(minutes=5))
    expires = dict(parse_qsl(urlsplit(made).query))["expires"]
    signature = storage._links._signature(key, "f.pdf", expires)
    return f"/receipts/{quote(key, safe='')}?filename=f.pdf&expires={expires}&signature={signature}"


def refused(answer: httpx.Response, status: int, code: str) -> bool:
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    return True


def test_a_link_gives_the_file_without_a_token(browser: Client, link: str) -> None:
    answer = browser("GET", link)

    assert answer.status_code == 200
    assert answer.content == PAPER
    headers = answer.headers
    assert headers["content-type"] == "application/pdf"
    assert headers["content-disposition"] == 'attachment; filename="CRAFT-2026-000001.pdf"'
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-length"] == str(len(PAPER))
    cache, _, age = headers["cache-control"].partition(", max-age=")
    assert cache == "private"
    assert 0 < int(age) <= 301
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "access-control-allow-origin" not in headers


def test_programs_may_ask_for_the_headers_alone(browser: Client, link: str) -> None:
    answer = browser("HEAD", link)

    assert answer.status_code == 200
    assert answer.headers["content-length"] == str(len(PAPER))
    assert browser("POST", link).status_code == 405


def test_a_link_that_has_ended_says_so_to_programs_and_to_people(home: House, browser: Client, link: str) -> None:
    home.forward(minutes=6)

    answer = browser("GET", link)
    assert refused(answer, 410, "link_expired")
    assert "Open your payment's page again" in answer.json()["detail"]
    page = browser("GET", link, headers=PAGE)
    assert page.status_code == 410
    assert page.headers["content-type"].startswith("text/html")
    assert "This link does not work any more" in page.text
    assert "Dieser Link gilt nicht mehr" in page.text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("000001.pdf?", "000002.pdf?"),
        ("filename=CRAFT", "filename=DRAFT"),
        ("expires=1", "expires=9"),
        ("expires=", "expires=0"),
        ("expires=", "expires=%2b"),
        ("signature=", "signature=A"),
        ("signature=", "signature=%C3%A4"),
        ("signature=", "other="),
        ("expires=", "other="),
        ("/receipts/receipts/", "/receipts//receipts/"),
        ("/2026/", "/2026/%00"),
    ],
)
def test_a_forged_link_leads_nowhere(browser: Client, link: str, old: str, new: str) -> None:
    assert old in link
    assert refused(browser("GET", link.replace(old, new, 1)), 404, "not_found")


def test_without_a_signature_nobody_learns_what_there_is(browser: Client) -> None:
    there, missing = browser("GET", f"/receipts/{KEY}"), browser("GET", "/receipts/receipts/none.pdf")
    assert (there.status_code, there.content) == (missing.status_code, missing.content)
    assert there.status_code == 404


TRICKS = [
    "../secret",
    "receipts/../../secret",
    "..",
    "/etc/passwd",
    "receipts/2026/../../../secret",
    "receipts\\..\\..\\secret",
    "%2e%2e/secret",
    "receipts/\0.pdf",
    ".draft-1",
    "",
    "\u2025/secret",
]
#: A key by its form, and a folder: nothing that we have ever signed.
FOLDER = "receipts/2026"


@pytest.mark.parametrize("key", [*TRICKS, FOLDER])
def test_even_with_our_signature_no_path_leads_out(home: House, wire: Wire, tmp_path: Path, key: str) -> None:
    (tmp_path / "secret").write_text("secret")

    for sent in (signed(home, key), signed(home, key).replace("%2F", "/").replace("..", "%2e%2e")):
        path, _, query = sent.partition("?")
        # As it stands, for clients shorten paths with dots before they send them.
        answer = _as_it_stands(wire, path, query)
        assert answer[0] == (500 if key == FOLDER else 404)
        assert b"secret" not in answer[1]


def _as_it_stands(wire: Wire, path: str, query: str) -> tuple[int, bytes]:
    """Ask for exactly this path, as the server hands it on: decoded once."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"api.test")],
        "client": ("127.0.0.1", 1),
        "server": ("api.test", 80),
    }
    wire.portal.call(lambda: wire.api(scope, receive, send))
    return sent[0]["status"], b"".join(one.get("body", b"") for one in sent[1:])


def test_a_receipt_that_is_not_where_it_was_stored_is_told_and_logged(
    home: House, browser: Client, link: str, tmp_path: Path
) -> None:
    (tmp_path / "receipts" / KEY).unlink()

    with capture_logs() as logs:
        assert refused(browser("GET", link), 404, "receipt_missing")

    assert [(entry["event"], entry["key"]) for entry in logs] == [("receipt.missing", KEY)]


def test_a_key_of_another_house_signs_no_link_here(home: House, browser: Client) -> None:
    other = SignedLinks("", b"another secret").make(KEY, "a.pdf", home.time(), timedelta(minutes=5))

    assert refused(browser("GET", other), 404, "not_found")


def test_where_a_bucket_keeps_receipts_this_serves_none(
    database_url: str, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with (
        house(database_url, RECEIPT_STORAGE_URL="s3://house") as home,
        wired(create_api(home.app, lambda _: pytest.fail("no token is asked for"))) as wire,
    ):
        assert refused(Client(wire, None)("GET", link), 404, "not_found")
