"""Both storages: a folder, and a bucket of moto's server, which speaks Amazon's protocol over HTTP."""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest

from gateways.storage.folder import Folder
from gateways.storage.links import SignedLinks
from gateways.storage.s3 import S3
from gateways.storage.s3_client import connect
from gateways.storage.s3_protection import GOVERNANCE, Protection, Retention

REGION = "eu-central-1"
KMS = f"arn:aws:kms:{REGION}:123456789012:key/1234-abcd"
SECRET = b"s" * 32


@pytest.fixture(scope="session")
def amazon() -> Iterator[str]:
    """The address of what stands in for Amazon."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - a second, for whoever needs it

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment of Amazon's library in which nothing of this machine or its cloud is found."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "an-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-fake")
    return monkeypatch


@pytest.fixture
def client(aws: pytest.MonkeyPatch, amazon: str) -> Iterator[Any]:
    """The client that the system uses."""
    aws.setenv("AWS_ENDPOINT_URL_S3", amazon)
    client = connect(region=REGION)
    yield client
    client.close()


@pytest.fixture
def make_bucket(client: Any) -> Callable[..., str]:
    """`make_bucket(locked=True)`: the name of a new bucket."""

    def make(*, locked: bool = True) -> str:
        name = f"house-{uuid4().hex[:12]}"
        where = {"LocationConstraint": REGION}
        client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=locked, CreateBucketConfiguration=where)
        return name

    return make


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "receipts", SignedLinks("https://pay.example", SECRET))


@pytest.fixture
def bucket(client: Any, make_bucket: Callable[..., str]) -> S3:
    protection = Protection(KMS, Retention(GOVERNANCE, 10))
    return S3(client, make_bucket(), "a house/2026", now=lambda: datetime.now(UTC), protection=protection)


@pytest.fixture(scope="session")
def credentials() -> Any:
    """A session of Amazon's library with credentials of its own, whatever the environment says."""
    return boto3.session.Session(aws_access_key_id="an-id", aws_secret_access_key="a-fake", region_name=REGION)
