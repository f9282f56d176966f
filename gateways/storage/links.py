"""Links to a folder's files that nobody else can make, and that end."""

import hmac
import math
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote, urlencode

from domain.errors import PermanentError

#: The part of the `api` process's addresses that is ours.
PATH: Final = "/receipts/"
_SECONDS: Final = re.compile(r"[1-9][0-9]{0,11}")


class LinkForged(PermanentError):
    """We never made this link."""

    code = "link_forged"


class LinkExpired(PermanentError):
    """We made this link, and its time is over."""

    code = "link_expired"


@dataclass(frozen=True, slots=True)
class SignedLinks:
    """Makes links, and tells its own from others.

    Args:
        base_url: where browsers reach the `api` process, without a slash at the end.
        secret: the key of the signatures, used for nothing else.
    """

    base_url: str
    secret: bytes

    def make(self, key: str, filename: str, now: datetime, ttl: timedelta) -> str:
        """A link to one file until then, to the next whole second."""
        expires = str(math.ceil((now + ttl).timestamp()))
        signature = self._signature(key, filename, expires)
        query = urlencode({"filename": filename, "expires": expires, "signature": signature}, quote_via=quote)
        return f"{self.base_url}{PATH}{key}?{query}"

    def check(self, key: str, filename: str, expires: str, signature: str, now: datetime) -> datetime:
        """When the link ends.

        Raises:
            LinkForged: something of it is not as we made it.
            LinkExpired: it has ended.
        """
        right = self._signature(key, filename, expires)
        # The signature is compared as text, so that a link has one spelling.
        if not hmac.compare_digest(_bytes(signature), right.encode()) or not _SECONDS.fullmatch(expires):
            raise LinkForged("this link is none of ours")
        until = datetime.fromtimestamp(int(expires), now.tzinfo)
        if now >= until:
            raise LinkExpired(f"this link ended at {until.isoformat()}")
        return until

    def _signature(self, key: str, filename: str, expires: str) -> str:
        # With their lengths, so that nothing can be moved from one part to the next.
        parts = [_bytes(part) for part in (key, filename, expires)]
        message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return urlsafe_b64encode(hmac.digest(self.secret, message, "sha256")).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
