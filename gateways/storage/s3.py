"""Receipts in a bucket of Amazon S3: encrypted, locked against deletion, never replaced."""

import base64
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from domain.clock import Clock
from domain.errors import GatewayRefused, GatewayUnavailable
from gateways.storage.cloudfront import CloudFront
from gateways.storage.filenames import content_disposition, media_type
from gateways.storage.keys import check_hash, checked_key, stored_otherwise
from gateways.storage.s3_bucket import PATIENCE, Bucket
from gateways.storage.s3_failures import translated
from gateways.storage.s3_protection import Protection, is_locked, lacks_lock, unlocked
from gateways.storage.s3_trial import try_bucket
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


class S3:
    """A storage in a bucket.

    Args:
        client: see `s3_client.connect`.
        bucket: its name.
        prefix: stands before each key, without a slash at its end; may be empty.
        now: the clock that locks count from.
        protection: what each receipt is encrypted and locked with.
        cloudfront: signs the links, if not the bucket's own credentials.
        patience: seconds for one request with all its tries.
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
        patience: float = PATIENCE,
    ) -> None:
        self._bucket = Bucket(client, bucket, f"{prefix}/" if prefix else "", patience)
        self._now = now
        self._protection = protection
        self._cloudfront = cloudfront
        self._warned = False

    @property
    def place(self) -> str:
        """The bucket's address."""
        return self._bucket.place

    def put(self, key: str, content: bytes, *, sha256: bytes) -> None:
        """Store an object unless there is one; Amazon checks the hash."""
        check_hash(checked_key(key), content, sha256)
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
                answer = self._bucket.ask("put_object", f"store {key}", Key=key, **whole)
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
                # Amazon's library takes half an answer for a whole one. Every whole one has a tag.
                if not answer.get("ETag"):
                    raise GatewayUnavailable(f"Amazon S3 was cut short when it should store {key} in {self.place}")
                return None

    def get(self, key: str) -> bytes:
        """Read an object; Amazon's library checks the hash."""
        try:
            content = self._bucket.read(checked_key(key), f"read {key}", _LARGEST)
        except GatewayRefused as refused:
            if refused.provider_code in _MISSING:
                raise NotStored(f"there is no {key} in {self.place}") from None
            raise
        if content is None:
            raise GatewayRefused(f"{key} in {self.place} is no receipt: it is larger than {_LARGEST} bytes")
        return content

    def link(self, key: str, *, filename: str, now: datetime, ttl: timedelta) -> str:
        """A link to the bucket, or to CloudFront. The bucket's begin by the system's clock, not by `now`."""
        asked = {
            "response-content-disposition": content_disposition(filename),
            "response-content-type": media_type(key),
            "response-cache-control": "private",
        }
        name = self._bucket.prefix + checked_key(key)
        if self._cloudfront is not None:
            return self._cloudfront.link(name, asked, now + ttl)
        parameters = {part.title().replace("-", ""): value for part, value in asked.items()}
        seconds = max(1, int(min(ttl, _LONGEST_LINK).total_seconds()))
        with translated(f"sign a link to {key}"):
            url = self._bucket.client.generate_presigned_url(
                "get_object", Params={"Bucket": self._bucket.name, "Key": name, **parameters}, ExpiresIn=seconds
            )
        return str(url)

    def concerns(self) -> list[Concern]:
        """Try the bucket; nothing of it is left."""
        return list(try_bucket(self._bucket, self._protection, self._now()))

    def close(self) -> None:
        """Close all connections."""
        self._bucket.client.close()

    def _compare(self, key: str, content: bytes) -> None:
        if self.get(key) != content:
            raise stored_otherwise(key)

    def _warn_of_missing_lock(self) -> None:
        if not self._warned:
            log.warning("receipt_storage.without_object_lock", bucket=self._bucket.name)
        self._warned = True
