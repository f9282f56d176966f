"""What Stripe answers when it refuses, in its own words."""

from typing import Any

from sandbox.stripe.wire import Obj, Response, encode


class StripeError(Exception):
    """A refusal. `executed` tells whether work had begun, so that the answer is saved under the idempotency key."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        executed: bool = False,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.executed = executed
        self.headers = headers or {}
        self.error: Obj = {"message": message, "type": kind}
        if code is not None:
            self.error["code"] = code
            self.error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
        if param is not None:
            self.error["param"] = param
        self.error.update(more)

    def response(self, request_id: str) -> Response:
        """The refusal as an answer."""
        error = {**self.error, "request_log_url": f"https://dashboard.stripe.com/test/logs/{request_id}?t=0"}
        return Response(self.status, encode({"error": error}), dict(self.headers))


def invalid(message: str, param: str | None = None, code: str | None = None) -> StripeError:
    """The parameters are wrong; nothing began, nothing is saved."""
    return StripeError(message, code=code, param=param)


def refused(message: str, *, code: str | None = None, param: str | None = None, **more: Any) -> StripeError:
    """The parameters are right, but the state of things does not allow it; the answer is saved under the key."""
    return StripeError(message, code=code, param=param, executed=True, **more)


def missing(kind: str, object_id: str, param: str = "id") -> StripeError:
    """No such object."""
    return StripeError(
        f"No such {kind}: '{object_id}'", status=404, code="resource_missing", param=param, executed=True
    )


def required(name: str) -> StripeError:
    """A parameter that must be there is not."""
    return invalid(f"Missing required param: {name}.", name, "parameter_missing")


def broken(status: int, *, saved: bool) -> StripeError:
    """Stripe itself failed."""
    message = "An unknown error occurred" if status == 500 else "Service temporarily unavailable. Please try again."  # noqa: PLR2004
    headers = {} if saved else {"Stripe-Should-Retry": "true"}
    return StripeError(message, status=status, kind="api_error", executed=saved, headers=headers)


def rate_limited(reason: str, retry_after: float | None = None) -> StripeError:
    """Too many requests; nothing began."""
    headers = {"Stripe-Rate-Limited-Reason": reason, "Stripe-Should-Retry": "false"}
    if retry_after is not None:
        headers["Retry-After"] = f"{retry_after:g}"
    message = "Request rate limit exceeded. Learn more about rate limits here https://docs.stripe.com/rate-limits."
    return StripeError(message, status=429, code="rate_limit", headers=headers)


def lock_timeout() -> StripeError:
    """Another request holds the object."""
    message = (
        "This object cannot be accessed right now because another API request or Stripe process is currently "
        "accessing it. If you see this error intermittently, retry the request. If you see this error frequently and "
        "are making multiple concurrent requests to a single object, make your requests serially or at a lower rate."
    )
    return StripeError(message, status=429, code="lock_timeout", headers={"Stripe-Should-Retry": "true"})
