"""Stripe's errors, sorted by what may heal: unknown outcome, come back later, or never."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import stripe

from domain.errors import (
    FaultSaved,
    GatewayBusy,
    GatewayFaulted,
    GatewayRefused,
    GatewayUnavailable,
    GavelpayError,
    KeyReused,
)
from gateways.stripe.transport import NeverSent

_CONFLICT = 409
_SERVER_ERROR = 500
#: Seconds after which work is tried again while Stripe refuses our key.
_KEY_REFUSED: Final = 15.0
#: Seconds that an answer can make us wait at most: windows are short, and an answer may be wrong.
_LONGEST: Final = 60.0
#: Stripe's `Stripe-Rate-Limited-Reason`, where one address alone was called too often.
_ONE_ENDPOINT: Final = frozenset({"endpoint-rate", "endpoint-concurrency", "resource-specific"})


class Unreachable(GatewayUnavailable):
    """No connection could be made: the service has not even seen the request."""


class Contended(GatewayBusy):
    """Another request holds the object, or is under way with this very key. It is over in a moment."""


class RateLimited(GatewayBusy):
    """More calls than the service takes."""

    #: Whether it is one endpoint's limit; else the account's.
    one_endpoint: bool

    def __init__(self, message: str, *, retry_after: float | None, one_endpoint: bool) -> None:
        super().__init__(message, retry_after=retry_after)
        self.one_endpoint = one_endpoint


def translated(error: stripe.StripeError) -> GavelpayError:
    """Our error for one of Stripe's."""
    message = f"Stripe: {error.user_message or error}"
    if isinstance(error, stripe.APIConnectionError):
        return Unreachable(message) if isinstance(error, NeverSent) else GatewayUnavailable(message)
    if error.http_status is None or error.http_status >= _SERVER_ERROR:
        fault = FaultSaved if is_repeated(error.headers) else GatewayFaulted
        return fault(message, retry_after=_retry_after(error))
    if error.json_body is None:
        # No words of Stripe's: something between us and Stripe spoke, or cut it short. Whether it did the work is open.
        return GatewayUnavailable(message, retry_after=_retry_after(error))
    if isinstance(error, stripe.RateLimitError) or error.http_status == _CONFLICT:
        return _busy(error, message)
    return _refused(error, message)


def _refused(error: stripe.StripeError, message: str) -> GavelpayError:
    """What Stripe has understood, and not done."""
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        # No payment's fault: a key was revoked or lacks a right. Work waits until it is mended.
        return GatewayBusy(f"Stripe refuses our key: {error.user_message or error}", retry_after=_KEY_REFUSED)
    if isinstance(error, stripe.IdempotencyError):
        # Something may exist under this key. That is no word on what we ask for now.
        return KeyReused(message)
    return GatewayRefused(message, provider_code=_code(error), param=getattr(error, "param", None))


def _busy(error: stripe.StripeError, message: str) -> GatewayBusy:
    """A rate limit, a lock, or this very request being under way on another connection: nothing was done by us."""
    retry_after = _retry_after(error)
    if error.http_status == _CONFLICT or _code(error) == "lock_timeout":
        return Contended(message, retry_after=retry_after)
    one_endpoint = _header(error, "stripe-rate-limited-reason") in _ONE_ENDPOINT
    return RateLimited(message, retry_after=retry_after, one_endpoint=one_endpoint)


def _code(error: stripe.StripeError) -> str | None:
    """Stripe's code. Its library leaves it out of some errors."""
    code = error.code or getattr(error.error, "code", None)
    return None if code is None else str(code)


def _retry_after(error: stripe.StripeError) -> float | None:
    """Seconds that Stripe asked us to wait. Its library reads this header only for its own retries."""
    try:
        seconds = float(_header(error, "retry-after") or "")
    except ValueError:
        return None
    return min(seconds, _LONGEST) if math.isfinite(seconds) and seconds >= 0 else None


def is_repeated(headers: Mapping[str, str] | None) -> bool:
    """Whether Stripe says that it only repeats what it has saved under the key."""
    return _named(headers, "idempotent-replayed") == "true"


def answered_at(headers: Mapping[str, str] | None) -> datetime | None:
    """Stripe's own time when it answered, in whole seconds; None if it does not say."""
    try:
        return parsedate_to_datetime(_named(headers, "date") or "").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _header(error: stripe.StripeError, wanted: str) -> str | None:
    return _named(error.headers, wanted)


def _named(headers: Mapping[str, str] | None, wanted: str) -> str | None:
    return next((value for name, value in (headers or {}).items() if name.lower() == wanted), None)
