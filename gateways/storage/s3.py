"""Receipts in a bucket of Amazon S3: encrypted, locked against deletion, never replaced."""

import base64
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from domain.clock import Clock
from domain.errors import GatewayRefused
from gateways.storage.cloudfront import CloudFront
from gateways.storage.filenames import content_disposition, media_type
from gateways.storage.keys import check_hash, checked_key, stored_otherwise
from gateways.storage.s3_failures import translated
from gateways.storage.s3_protection import Protection, is_locked, lacks_lock, unlocked
from gateways.storage.storage import Concern, NotStored

log = structlog.get_logger()

#: The largest receipt is a few hundred KB.
_LARGEST: Final = 16 * 1024**2
#: What Amazon signs at most.
_LONGEST_LINK: Final = timedelta(days=7)
_MISSING: Final = frozenset({"NoSuchKey", "404"})
_TAKEN: Final = "PreconditionFailed"
#: What services that stand in for Amazon's answer to a condition that they do not know.
_NO_CONDITIONS: Final = "NotImplemented"
_NO_LOCK: Final = "ObjectLockConfigurationNotFoundError"
#: Nothing is ever stored under it.
_TRIAL: Final = "trial-of-gavelpay-doctor"


class S3:
    """A storage in a bucket.

    Args:
        client: see `s3_client.connect`.
        bucket: its name.
        prefix: stands before each key, without a slash at its end; may be empty.
        now: the clock that locks count from.
        protection: what each receipt is encrypted and locked with.
        cloudfront: signs the links, if not the bucket's own credentials.
    """

    def __init__(
        self,
        client: Any,
        bucket: str,
        prefix: str,
        *,
        now: Clock,
        protection: Protection,
        cloudfront: CloudFront | None = None,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._now = now
        self._protection = protection
        self._cloudfront = cloudfront
        self._warned = False

    @property
    def place(self) -> str:
        """The bucket's address."""
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def put(self, key: str, content: bytes, *, sha256: bytes) -> None:
        """Store an object unless there is one; Amazon checks the hash."""
        name = self._name(key)
        check_hash(key, content, sha256)
        whole = {
            "Body": content,
            "ContentType": media_type(key),
            "ChecksumAlgorithm": "SHA256",
            "ChecksumSHA256": base64.b64encode(sha256).decode(),
            "Metadata": {"sha256": sha256.hex()},
            "IfNoneMatch": "*",
            **self._protection.asked(self._now()),
        }
        # Where a bucket cannot do one of two things, the same is asked again without it: three turns at most.
        while True:
            try:
                self._ask("put_object", f"store {key}", Key=name, **whole)
            except GatewayRefused as refused:
                if refused.provider_code == _TAKEN:
                    return self._compare(key, content)
                if refused.provider_code == _NO_CONDITIONS and "IfNoneMatch" in whole:
                    with suppress(NotStored):
                        return self._compare(key, content)
                    del whole["IfNoneMatch"]
                elif lacks_lock(refused) and self._protection.is_lenient and is_locked(whole):
                    self._warn_of_missing_lock()
                    whole = unlocked(whole)
                else:
                    raise
            else:
                return None

    def get(self, key: str) -> bytes:
        """Read an object; Amazon's library checks the hash."""
        try:
            with translated(f"read {key} in {self.place}"):
                answer = self._client.get_object(Bucket=self._bucket, Key=self._name(key))
                if answer["ContentLength"] <= _LARGEST:
                    content: bytes = answer["Body"].read()
                    return content
                answer["Body"].close()
        except GatewayRefused as refused:
            if refused.provider_code in _MISSING:
                raise NotStored(f"there is no {key} in {self.place}") from None
            raise
        raise GatewayRefused(f"{key} in {self.place} is no receipt: it has {answer['ContentLength']} bytes")

    def link(self, key: str, *, filename: str, now: datetime, ttl: timedelta) -> str:
        """A link to the bucket, or to CloudFront. The bucket's begin by the system's clock, not by `now`."""
        asked = {
            "response-content-disposition": content_disposition(filename),
            "response-content-type": media_type(key),
            "response-cache-control": "private",
        }
        name = self._name(key)
        if self._cloudfront is not None:
            return self._cloudfront.link(name, asked, now + ttl)
        parameters = {part.title().replace("-", ""): value for part, value in asked.items()}
        seconds = max(1, int(min(ttl, _LONGEST_LINK).total_seconds()))
        with translated(f"sign a link to {key}"):
            url = self._client.generate_presigned_url(
                "get_object", Params={"Bucket": self._bucket, "Key": name, **parameters}, ExpiresIn=seconds
            )
        return str(url)

    def concerns(self) -> list[Concern]:
        """Ask for the bucket, and for all that storing asks for, with an upload that is begun and abandoned.

        An object on trial could be locked for years; an upload that was abandoned leaves none.
        """
        region = self._ask("head_bucket", f"show the bucket {self._bucket}").get("BucketRegion")
        with suppress(NotStored):
            self.get(_TRIAL)
        locked = self._lock_is_on()
        asked = self._protection.asked(self._now())
        asked = asked if locked or not self._protection.is_lenient else unlocked(asked)
        begun = self._ask("create_multipart_upload", "begin an upload", Key=self._name(_TRIAL), **asked)
        self._ask("abort_multipart_upload", "abandon an upload", Key=self._name(_TRIAL), UploadId=begun["UploadId"])
        return list(self._concerns(region, locked=locked))

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _concerns(self, region: str | None, *, locked: bool) -> Iterator[Concern]:
        if not locked and self._protection.retention is not None:
            advice = "Switch Object Lock on (a bucket that exists can have it), or set RECEIPT_LOCK_MODE=off."
            yield Concern(f"the bucket {self._bucket} has no Object Lock: receipts in it can be deleted", advice)
        ours = self._client.meta.region_name
        if region is not None and region != ours:
            found = f"the bucket {self._bucket} is in {region}, and links are signed for {ours}: they will not work"
            yield Concern(found, f"Set AWS_REGION={region}.")

    def _lock_is_on(self) -> bool:
        try:
            answer = self._ask("get_object_lock_configuration", f"show the Object Lock of {self._bucket}")
        except GatewayRefused as refused:
            if refused.provider_code == _NO_LOCK:
                return False
            raise
        return bool(answer["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled")

    def _ask(self, operation: str, what: str, **parameters: Any) -> Any:
        with translated(f"{what} in {self.place}"):
            return getattr(self._client, operation)(Bucket=self._bucket, **parameters)

    def _name(self, key: str) -> str:
        return self._prefix + checked_key(key)

    def _compare(self, key: str, content: bytes) -> None:
        if self.get(key) != content:
            raise stored_otherwise(key)

    def _warn_of_missing_lock(self) -> None:
        if not self._warned:
            log.warning("receipt_storage.without_object_lock", bucket=self._bucket)
        self._warned = True
