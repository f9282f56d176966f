"""Tries a bucket without leaving anything in it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from domain.errors import GatewayRefused
from gateways.storage.s3_bucket import Bucket
from gateways.storage.s3_protection import Protection, unlocked
from gateways.storage.storage import Concern

#: Nothing is ever stored under it.
_KEY: Final = "trial-of-gavelpay-doctor"
_NO_LOCK: Final = "ObjectLockConfigurationNotFoundError"
_MISSING: Final = "NoSuchKey"


def try_bucket(bucket: Bucket, protection: Protection, now: datetime) -> Iterator[Concern]:
    """Ask for the bucket, for what is not in it, and for all that storing asks for, by an upload that is abandoned.

    An object on trial could be locked for years; an abandoned upload leaves none. To begin one takes the rights to
    store, to lock and to encrypt.

    Raises:
        GatewayUnavailable, GatewayRefused: receipts could not be stored, or not be read.
    """
    region = bucket.ask("head_bucket", f"show the bucket {bucket.name}").get("BucketRegion")
    _try_reading(bucket)
    locked = _lock_is_on(bucket)
    if not locked and not protection.is_lenient:
        raise GatewayRefused(f"the bucket {bucket.name} has no Object Lock, and RECEIPT_LOCK_MODE is compliance")
    asked = protection.asked(now)
    _try_storing(bucket, asked if locked else unlocked(asked))
    if not locked and protection.retention is not None:
        advice = "Switch Object Lock on (a bucket that exists can have it), or set RECEIPT_LOCK_MODE=off."
        yield Concern(f"the bucket {bucket.name} has no Object Lock: receipts in it can be deleted", advice)
    ours = bucket.client.meta.region_name
    if region is not None and region != ours:
        found = f"the bucket {bucket.name} is in {region}, and links are signed for {ours}: they will not work"
        yield Concern(found, f"Set AWS_DEFAULT_REGION={region}.")


def _try_reading(bucket: Bucket) -> None:
    try:
        bucket.read(_KEY, f"read {_KEY}", 0)
    except GatewayRefused as refused:
        if refused.provider_code != _MISSING:
            raise


def _lock_is_on(bucket: Bucket) -> bool:
    try:
        answer = bucket.ask("get_object_lock_configuration", f"show the Object Lock of {bucket.name}")
    except GatewayRefused as refused:
        if refused.provider_code == _NO_LOCK:
            return False
        raise
    return bool(answer["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled")


def _try_storing(bucket: Bucket, asked: dict[str, Any]) -> None:
    begun = bucket.ask("create_multipart_upload", "begin an upload", Key=_KEY, **asked)
    bucket.ask("abort_multipart_upload", "abandon an upload", Key=_KEY, UploadId=begun["UploadId"])
