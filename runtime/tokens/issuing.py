"""Tokens for one machine. In production somebody else issues them."""

from datetime import datetime, timedelta

import jwt

from runtime.tokens.callers import CallerRole


def issue_development_token(  # noqa: D417 - the rest is what it says
    secret: str,
    subject: str,
    role: CallerRole,
    ttl: timedelta,
    *,
    now: datetime,
    issuer: str | None = None,
    audience: str | None = None,
) -> str:
    """Issue an HS256 token for `gavelpay run` and tests. In production somebody else issues them.

    Args:
        ttl: From `now` on; the leeway of verification comes on top.
    """
    issued = int(now.timestamp())
    claims = {"sub": subject, "role": role.value, "iat": issued, "exp": issued + int(ttl.total_seconds())}
    optional = {"iss": issuer, "aud": audience}
    return jwt.encode({**claims, **{name: text for name, text in optional.items() if text}}, secret, algorithm="HS256")
