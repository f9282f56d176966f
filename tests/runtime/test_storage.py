"""Which storage a process gets."""

import hashlib
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateways.storage.folder import Folder
from runtime.settings import Role, SettingsError, load
from runtime.storage import build_storage

NOW = datetime(2026, 11, 21, tzinfo=UTC)
PAPER = b"%PDF"


def derive(purpose: bytes) -> bytes:
    return hashlib.sha256(purpose).digest()


def test_without_a_word_receipts_lie_where_a_run_here_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    storage = build_storage(load({}, Role.RUN), derive=derive, now=lambda: NOW)

    assert storage.place == str(tmp_path / ".gavelpay" / "receipts")
    assert list(tmp_path.iterdir()) == []
    link = storage.link("a.pdf", filename="a.pdf", now=NOW, ttl=timedelta(hours=1))
    assert link.startswith("http://127.0.0.1:8000/receipts/a.pdf?")


def test_a_folder_of_any_name_and_links_that_every_process_knows(tmp_path: Path) -> None:
    folder = tmp_path / "Belege für 2026"
    settings = load({"RECEIPT_STORAGE_URL": folder.as_uri(), "PUBLIC_URL": "https://pay.example"}, Role.RUN)
    one, other = (build_storage(settings, derive=derive, now=lambda: NOW) for _ in range(2))
    one.put("a.pdf", PAPER, sha256=hashlib.sha256(PAPER).digest())

    link = one.link("a.pdf", filename="b.pdf", now=NOW, ttl=timedelta(hours=1))

    assert isinstance(other, Folder)
    query = dict(part.split("=") for part in link.partition("?")[2].split("&"))
    assert other.follow("a.pdf", **query, now=NOW)[0] == PAPER
    assert (folder / "a.pdf").exists()
    assert link.startswith("https://pay.example/receipts/a.pdf?")
    one.close()


def test_a_bucket_is_where_its_key_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "an-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-fake")
    arn = "arn:aws:kms:eu-west-1:123456789012:key/1"
    settings = load({"RECEIPT_STORAGE_URL": "s3://House.2026/our/paper", "RECEIPT_KMS_KEY_ARN": arn}, Role.RUN)

    storage = build_storage(settings, derive=derive, now=lambda: NOW)
    link = storage.link("a.pdf", filename="a.pdf", now=NOW, ttl=timedelta(hours=1))
    storage.close()

    assert storage.place == "s3://House.2026/our/paper"
    assert "eu-west-1" in link


def test_a_key_that_signs_nothing_is_named_and_not_shown() -> None:
    settings = load(
        {
            "RECEIPT_STORAGE_URL": "s3://house",
            "RECEIPT_CLOUDFRONT_DOMAIN": "d.example",
            "RECEIPT_CLOUDFRONT_KEY_ID": "K123",
            "RECEIPT_CLOUDFRONT_PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----",
        },
        Role.RUN,
    )

    with pytest.raises(SettingsError, match="RECEIPT_CLOUDFRONT_PRIVATE_KEY cannot sign") as raised:
        build_storage(settings, derive=derive, now=lambda: NOW)
    assert "abc" not in str(raised.value)


def test_amazons_library_is_not_loaded_for_a_folder() -> None:
    program = "import runtime.app, sys; print([name for name in ('boto3', 'botocore') if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "[]"
