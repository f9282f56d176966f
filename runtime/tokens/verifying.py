"""Verifies bearer tokens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import jwt

from runtime.tokens.callers import Caller, CallerRole, Refusal, TokenRefused

#: Clocks of issuers are a little off.
_LEEWAY: Final = timedelta(seconds=30)
#: A token comes in a header, which servers bound at 8 KB.
_LONGEST: Final = 8_192
_LONGEST_SUBJECT: Final = 255
#: The end of the year 9999: as far as `datetime` goes.
_LAST_MOMENT: Final = 253_402_300_799
# Times are checked here, against our clock; the library would read the machine's.
_LIBRARY_CHECKS: Final = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


class Keys(Protocol):
    """Where the key of a token comes from: a shared secret (`SharedSecret`), or published keys (`PublishedKeys`)."""

    @property
    def algorithms(self) -> Sequence[str]:
        """The algorithms that these keys may be used with, and no other."""
        ...

    def find(self, algorithm: str, key_id: str | None) -> Any:
        """Give the key for a token's header, as PyJWT takes it, or raise `TokenRefused`."""
        ...


@dataclass(frozen=True, slots=True)
class SharedSecret:
    """The one key of HS256 tokens."""

    secret: str
    algorithms: Sequence[str] = ("HS256",)

    def __repr__(self) -> str:
        return "SharedSecret([hidden])"

    def find(self, algorithm: str, key_id: str | None) -> str:  # noqa: ARG002 - the one key fits every header
        """Give the secret."""
        return self.secret


@dataclass(frozen=True, slots=True)
class TokenVerifier:
    """Verifies bearer tokens. `issuer` and `audience` are enforced where they are given."""

    keys: Keys
    now: Callable[[], datetime]
    issuer: str | None = None
    audience: str | None = None

    def __call__(self, token: str) -> Caller:
        """Give the caller that a token proves. May fetch published keys, so an async caller runs it in a thread.

        Raises:
            TokenRefused: It proves nobody; `code` says why.
        """
        return self.until(token)[0]

    def until(self, token: str) -> tuple[Caller, float]:
        """The same, with the time (seconds since 1970) from which it proves nobody any more."""
        claims = self._verified(token)
        expires = self._check_times(claims)
        if self.issuer is not None and claims.get("iss") != self.issuer:
            raise TokenRefused(Refusal.WRONG_ISSUER)
        if self.audience is not None and self.audience not in _listed(claims.get("aud")):
            raise TokenRefused(Refusal.WRONG_AUDIENCE)
        return _caller(claims), expires

    def _verified(self, token: str) -> dict[str, Any]:
        header = _header(token)
        algorithm, key_id = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in self.keys.algorithms:
            raise TokenRefused(Refusal.WRONG_ALGORITHM)
        key = self.keys.find(algorithm, key_id if isinstance(key_id, str) else None)
        try:
            return jwt.decode(token, key, algorithms=[algorithm], options=_LIBRARY_CHECKS)  # type: ignore[arg-type]
        except jwt.InvalidSignatureError:
            raise TokenRefused(Refusal.BAD_SIGNATURE) from None
        except (jwt.PyJWTError, ValueError, TypeError):
            raise TokenRefused(Refusal.MALFORMED) from None

    def _check_times(self, claims: dict[str, Any]) -> float:
        now, leeway = self.now().timestamp(), _LEEWAY.total_seconds()
        expires = _moment(claims, "exp")
        if expires is None:
            raise TokenRefused(Refusal.NO_EXPIRY)
        if now >= expires + leeway:
            raise TokenRefused(Refusal.EXPIRED)
        if any((_moment(claims, name) or 0) > now + leeway for name in ("nbf", "iat")):
            raise TokenRefused(Refusal.NOT_YET_VALID)
        return expires + leeway


def _header(token: str) -> dict[str, Any]:
    if len(token) > _LONGEST:
        raise TokenRefused(Refusal.MALFORMED)
    try:
        return jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError):
        raise TokenRefused(Refusal.MALFORMED) from None


def _moment(claims: dict[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    # NaN fails every comparison, and would never expire.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LAST_MOMENT:
        raise TokenRefused(Refusal.MALFORMED)
    return value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _caller(claims: dict[str, Any]) -> Caller:
    subject, role = claims.get("sub"), claims.get("role")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise TokenRefused(Refusal.NO_SUBJECT)
    if role not in list(CallerRole):
        raise TokenRefused(Refusal.UNKNOWN_ROLE)
    return Caller(subject, CallerRole(role))
