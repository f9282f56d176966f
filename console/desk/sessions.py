"""The cookie that keeps an operator signed in: the verified token, and when it was shown, under our own seal."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from fastapi import Response

#: Nobody stays signed in for longer than a working day.
LASTS: Final = timedelta(hours=8)
#: Browsers keep cookies of 4,096 bytes; the rest is name and seal.
LONGEST_TOKEN: Final = 3_500
NAME: Final = "gavelpay_desk"
_PATH: Final = "/console"


class SignedOut(Exception):
    """Nobody is signed in any more, or never was. `over`: somebody was, and the time is up."""

    def __init__(self, *, over: bool) -> None:
        super().__init__("signed out")
        self.over = over


@dataclass(frozen=True, slots=True)
class Signed:
    """What a cookie says."""

    token: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Seal:
    """Makes cookies and reads them. The key is the house's: nobody else can say when somebody signed in."""

    key: bytes
    #: Whether buyers and operators reach us by https.
    encrypted: bool

    def __repr__(self) -> str:
        return "Seal([hidden])"

    def set_cookie(self, response: Response, token: str, now: datetime) -> None:
        """Sign in with a token that was verified."""
        body = f"{int(now.timestamp())}.{token}"
        response.set_cookie(
            NAME,
            f"{self._mac('cookie', body)}.{body}",
            max_age=int(LASTS.total_seconds()),
            path=_PATH,
            httponly=True,
            samesite="strict",
            secure=self.encrypted,
        )

    def forget(self, response: Response) -> None:
        """Sign out."""
        response.delete_cookie(NAME, path=_PATH, httponly=True, samesite="strict", secure=self.encrypted)

    def read(self, cookie: str | None, now: datetime) -> Signed:
        """What a cookie says; its token is still to be verified.

        Raises:
            SignedOut: it is none of ours, or older than `LASTS`.
        """
        mac, _, body = (cookie or "").partition(".")
        if not hmac.compare_digest(mac.encode(), self._mac("cookie", body).encode()):
            raise SignedOut(over=False)
        moment, _, token = body.partition(".")
        until = datetime.fromtimestamp(int(moment), UTC) + LASTS
        if now >= until:
            raise SignedOut(over=True)
        return Signed(token, until)

    def csrf(self, cookie: str) -> str:
        """What every form of this session carries, and no other site can know."""
        return self._mac("csrf", cookie)

    def _mac(self, purpose: str, text: str) -> str:
        return hmac.new(self.key, f"{purpose}:{text}".encode(), sha256).hexdigest()
