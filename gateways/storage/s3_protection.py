"""How objects in a bucket are encrypted, and locked against deletion."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from domain.errors import GatewayRefused

GOVERNANCE: Final = "GOVERNANCE"
COMPLIANCE: Final = "COMPLIANCE"

_LOCK: Final = ("ObjectLockMode", "ObjectLockRetainUntilDate")


@dataclass(frozen=True, slots=True)
class Retention:
    """How long nobody deletes a receipt."""

    #: `GOVERNANCE`: nobody without a special right. `COMPLIANCE`: nobody at all, and no bucket that cannot promise it.
    mode: str
    years: int

    def until(self, now: datetime) -> datetime:
        """The end, not before the years are over."""
        return now + timedelta(days=365 * self.years + self.years // 4 + 1)


@dataclass(frozen=True, slots=True)
class Protection:
    """What is asked of Amazon for each object."""

    #: Without it the bucket's own default encrypts.
    kms_key_arn: str | None = None
    #: Without it the bucket's own default locks, if it has one.
    retention: Retention | None = None

    @property
    def is_lenient(self) -> bool:
        """Whether a bucket without Object Lock will do."""
        return self.retention is None or self.retention.mode == GOVERNANCE

    def asked(self, now: datetime) -> dict[str, Any]:
        """The parameters of what creates an object."""
        asked: dict[str, Any] = {}
        if self.kms_key_arn is not None:
            # With the bucket's key, one call to KMS does for many receipts.
            asked |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.kms_key_arn, "BucketKeyEnabled": True}
        if self.retention is not None:
            asked |= dict(zip(_LOCK, (self.retention.mode, self.retention.until(now)), strict=True))
        return asked


def is_locked(asked: Mapping[str, Any]) -> bool:
    """Whether a lock is asked for."""
    return _LOCK[0] in asked


def unlocked(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The same without a lock."""
    return {name: value for name, value in asked.items() if name not in _LOCK}


def lacks_lock(refused: GatewayRefused) -> bool:
    """Whether it was refused because the bucket has no Object Lock. Only the words of the answer tell."""
    words = str(refused).replace(" ", "").lower()
    return refused.provider_code == "InvalidRequest" and "missingobjectlockconfiguration" in words
