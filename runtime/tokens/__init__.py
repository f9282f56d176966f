"""Bearer tokens: who calls, and in which role.

A composition root builds one `TokenVerifier` from `SharedSecret` or `PublishedKeys(fetch_from(url))` and calls it with
each token. It gives a `Caller`, or raises `TokenRefused` with a stable code. `RememberedTokens` spares it the repeats.
"""

from runtime.tokens.callers import Caller, CallerRole, Refusal, TokenRefused
from runtime.tokens.issuing import issue_development_token
from runtime.tokens.published import PublishedKeys, fetch_from
from runtime.tokens.remembered import RememberedTokens
from runtime.tokens.verifying import Keys, SharedSecret, TokenVerifier

__all__ = [
    "Caller",
    "CallerRole",
    "Keys",
    "PublishedKeys",
    "Refusal",
    "RememberedTokens",
    "SharedSecret",
    "TokenRefused",
    "TokenVerifier",
    "fetch_from",
    "issue_development_token",
]
