"""What verifies bearer tokens, as configured."""

from domain.clock import Clock
from runtime.settings import AuthSettings, given
from runtime.tokens import Keys, PublishedKeys, RememberedTokens, SharedSecret, TokenVerifier, fetch_from


def build_verifier(auth: AuthSettings, now: Clock) -> RememberedTokens:
    """What verifies bearer tokens: by a shared secret, or by the keys that their issuer publishes."""
    if auth.jwks_url is not None:
        keys: Keys = PublishedKeys(fetch_from(auth.jwks_url))
    else:
        keys = SharedSecret(given(auth.jwt_secret, "AUTH_JWT_SECRET").reveal())
    return RememberedTokens(TokenVerifier(keys=keys, now=now, issuer=auth.issuer, audience=auth.audience))
