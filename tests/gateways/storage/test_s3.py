"""A bucket: what is asked of Amazon, and what Amazon can and cannot do."""

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from structlog.testing import capture_logs

from domain.errors import GatewayRefused, GatewayUnavailable
from gateways.storage.s3 import S3
from gateways.storage.s3_client import connect
from gateways.storage.s3_protection import COMPLIANCE, GOVERNANCE, Protection, Retention

KEY = "receipts/1.pdf"
PAPER = b"%PDF a receipt"
HASH = hashlib.sha256(PAPER).digest()
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
REGION = "eu-central-1"
KMS = f"arn:aws:kms:{REGION}:123456789012:key/1234-abcd"


def s3(client: Any, bucket: str, mode: str | None = GOVERNANCE, kms: str | None = KMS, prefix: str = "") -> S3:
    retention = Retention(mode, 8) if mode else None
    return S3(client, bucket, prefix, now=lambda: NOW, protection=Protection(kms, retention))


def test_an_object_is_encrypted_locked_hashed_and_typed(client: Any, make_bucket: Callable[..., str]) -> None:
    bucket = make_bucket()
    s3(client, bucket, prefix="house").put(KEY, PAPER, sha256=HASH)

    found = client.head_object(Bucket=bucket, Key=f"house/{KEY}", ChecksumMode="ENABLED")

    assert found["ServerSideEncryption"] == "aws:kms"
    assert found["SSEKMSKeyId"] == KMS
    assert found["BucketKeyEnabled"] is True
    assert found["ObjectLockMode"] == "GOVERNANCE"
    assert found["ObjectLockRetainUntilDate"] >= NOW.replace(year=2034)
    assert found["ChecksumSHA256"] == base64.b64encode(HASH).decode()
    assert found["Metadata"] == {"sha256": HASH.hex()}
    assert found["ContentType"] == "application/pdf"


def test_what_is_left_to_the_bucket_is_not_asked_for(client: Any, make_bucket: Callable[..., str]) -> None:
    bucket = make_bucket(locked=False)
    storage = s3(client, bucket, mode=None, kms=None)
    storage.put(KEY, PAPER, sha256=HASH)

    found = client.head_object(Bucket=bucket, Key=KEY)

    assert "SSEKMSKeyId" not in found
    assert "ObjectLockMode" not in found
    assert storage.concerns() == []
    assert storage.place == f"s3://{bucket}"


def test_a_repeat_leaves_one_version(client: Any, make_bucket: Callable[..., str]) -> None:
    bucket = make_bucket()
    for _ in range(3):
        s3(client, bucket).put(KEY, PAPER, sha256=HASH)

    assert len(client.list_object_versions(Bucket=bucket)["Versions"]) == 1


def test_without_object_lock_receipts_are_stored_and_a_person_is_told(
    client: Any, make_bucket: Callable[..., str]
) -> None:
    storage = s3(client, make_bucket(locked=False))

    with capture_logs() as logs:
        storage.put(KEY, PAPER, sha256=HASH)
        storage.put("receipts/2.pdf", PAPER, sha256=HASH)

    assert storage.get(KEY) == PAPER
    assert [entry["event"] for entry in logs] == ["receipt_storage.without_object_lock"]
    (concern,) = storage.concerns()
    assert "no Object Lock" in concern.found
    assert "RECEIPT_LOCK_MODE=off" in concern.advice


def test_where_the_law_wants_a_lock_nothing_is_stored_without(client: Any, make_bucket: Callable[..., str]) -> None:
    bucket = make_bucket(locked=False)
    storage = s3(client, bucket, mode=COMPLIANCE)

    with pytest.raises(GatewayRefused, match="Lock"):
        storage.put(KEY, PAPER, sha256=HASH)
    with pytest.raises(GatewayRefused, match="Lock"):
        storage.concerns()
    assert "Contents" not in client.list_objects_v2(Bucket=bucket)


def test_a_receipt_is_locked_until_its_years_are_over() -> None:
    for start in (datetime(2027, 3, 1, tzinfo=UTC), datetime(2028, 2, 28, tzinfo=UTC), NOW):
        for years in (1, 3, 4, 8, 10, 100):
            end = Retention(COMPLIANCE, years).until(start)
            assert start.replace(year=start.year + years) <= end
            assert end <= start.replace(year=start.year + years) + timedelta(days=2)


def test_a_bucket_that_is_not_there_is_for_a_person_to_mend(client: Any) -> None:
    storage = s3(client, "nobodys-bucket")

    with pytest.raises(GatewayRefused, match=r"does not store receipts/1\.pdf in s3://nobodys-bucket: NoSuchBucket"):
        storage.put(KEY, PAPER, sha256=HASH)
    with pytest.raises(GatewayRefused, match="NoSuchBucket"):
        storage.get(KEY)
    with pytest.raises(GatewayRefused, match="show the bucket nobodys-bucket"):
        storage.concerns()


def test_what_is_no_bucket_at_all_is_for_a_person_to_mend(client: Any) -> None:
    with pytest.raises(GatewayRefused, match="Invalid bucket name"):
        s3(client, "no bucket").put(KEY, PAPER, sha256=HASH)


def test_a_bucket_elsewhere_is_told_for_its_links_would_not_work(
    client: Any, make_bucket: Callable[..., str], aws: pytest.MonkeyPatch
) -> None:
    bucket = make_bucket()
    aws.setenv("AWS_DEFAULT_REGION", "us-east-2")
    elsewhere = connect(region=REGION)

    (concern,) = s3(elsewhere, bucket).concerns()
    elsewhere.close()

    assert f"is in {REGION}, and links are signed for us-east-2" in concern.found
    assert concern.advice == f"Set AWS_DEFAULT_REGION={REGION}."


def test_links_are_signed_by_version_four_until_their_end(client: Any) -> None:
    storage = s3(client, "a-bucket", prefix="house")

    link = urlsplit(storage.link(KEY, filename="1.pdf", now=NOW, ttl=timedelta(minutes=5)))
    query = parse_qs(link.query)

    assert link.path == f"/a-bucket/house/{KEY}"
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["300"]
    assert REGION in query["X-Amz-Credential"][0]
    assert query["response-content-type"] == ["application/pdf"]
    assert query["response-cache-control"] == ["private"]
    longest = storage.link(KEY, filename="1.pdf", now=NOW, ttl=timedelta(days=30))
    assert "X-Amz-Expires=604800" in longest


def test_links_need_credentials_that_may_come_later(aws: pytest.MonkeyPatch, amazon: str) -> None:
    aws.delenv("AWS_ACCESS_KEY_ID")
    aws.delenv("AWS_SECRET_ACCESS_KEY")
    aws.setenv("AWS_ENDPOINT_URL_S3", amazon)
    client = connect(region=REGION)
    storage = s3(client, "a-bucket")

    with pytest.raises(GatewayUnavailable, match="credentials"):
        storage.link(KEY, filename="1.pdf", now=NOW, ttl=timedelta(minutes=5))
    with pytest.raises(GatewayUnavailable, match="credentials"):
        storage.put(KEY, PAPER, sha256=HASH)
    storage.close()


def test_amazon_itself_is_asked_by_the_buckets_own_name(aws: pytest.MonkeyPatch) -> None:
    client = connect(region=REGION)
    link = s3(client, "a-bucket").link(KEY, filename="1.pdf", now=NOW, ttl=timedelta(minutes=5))
    client.close()

    assert link.startswith("https://a-bucket.s3.eu-central-1.amazonaws.com/receipts/1.pdf?")
