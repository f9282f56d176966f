"""Stripe's errors, sorted by what may heal: unknown outcome, come back later, or never."""

import stripe

from domain.errors import GatewayBusy, GatewayFaulted, GatewayRefused, GatewayUnavailable, GavelpayError

_CONFLICT = 409
_SERVER_ERROR = 500


def translated(error: stripe.StripeError) -> GavelpayError:
    """Our error for one of Stripe's."""
    message = f"Stripe: {error.user_message or error}"
    if isinstance(error, stripe.APIConnectionError):
        return GatewayUnavailable(message)
    if isinstance(error, stripe.RateLimitError) or error.http_status == _CONFLICT:
        # A rate limit, a lock, or this very request being under way on another connection: nothing was done by us.
        return GatewayBusy(message, retry_after=_retry_after(error))
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        # No payment's fault: a key was revoked or lacks a right. Work waits until it is mended.
        return GatewayBusy(f"Stripe refuses our key: {error.user_message or error}", retry_after=15.0)
    if isinstance(error, stripe.InvalidRequestError | stripe.CardError | stripe.IdempotencyError):
        param = getattr(error, "param", None)
        return GatewayRefused(message, provider_code=error.code, param=param)
    if error.http_status is not None and error.http_status < _SERVER_ERROR:
        return GatewayRefused(message, provider_code=error.code)
    return GatewayFaulted(message, retry_after=_retry_after(error))


def _retry_after(error: stripe.StripeError) -> float | None:
    """Seconds that Stripe asked us to wait. Its library reads this header only for its own retries."""
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    try:
        return float(headers["retry-after"])
    except (KeyError, ValueError):
        return None
