"""Who may call: API keys as bearer tokens or Basic user names."""

import base64
import binascii

from sandbox.stripe.errors import StripeError, invalid
from sandbox.stripe.settings import Settings
from sandbox.stripe.store import Store
from sandbox.stripe.wire import API_VERSION, Request

UNAUTHORIZED = 401


def api_key(request: Request, settings: Settings, *, public: bool) -> str:
    """The caller's key.

    Raises:
        StripeError: 401 without a key or with one that is not known; 403 with a publishable key where it may not.
    """
    key = _given(request) or (str(request.params.get("key", "")) if public else "")
    if not key:
        raise _denied(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using "
            "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See "
            "https://stripe.com/docs/api#authentication "
            "for details, or we can help at https://support.stripe.com/."
        )
    if key in settings.secret_keys:
        return key
    if key not in settings.publishable_keys:
        raise _denied(f"Invalid API Key provided: {_masked(key)}")
    if not public:
        raise StripeError(
            "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list "
            "of your API keys at https://dashboard.stripe.com/account/apikeys.",
            status=403,
            code="secret_key_required",
        )
    return key


def _given(request: Request) -> str:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _masked(key: str) -> str:
    return f"{key[:8]}{'*' * max(4, len(key) - 12)}{key[-4:]}"


def _denied(message: str) -> StripeError:
    return StripeError(message, status=UNAUTHORIZED, headers={"WWW-Authenticate": 'Basic realm="Stripe"'})


def check_headers(request: Request, store: Store) -> None:
    """The sandbox renders one version, reads forms, and has no data of connected accounts: it says so, guessing none.

    Raises:
        StripeError: another version, a JSON body, an account.
    """
    asked = request.headers.get("stripe-version", API_VERSION)
    if asked != API_VERSION:
        raise invalid(f"Invalid Stripe API version: {asked}. This sandbox speaks {API_VERSION}.")
    if request.method == "POST" and request.headers.get("content-type", "").startswith("application/json"):
        raise invalid(
            "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you have "
            "any questions, we can help at https://support.stripe.com/."
        )
    account = request.headers.get("stripe-account")
    if account is None:
        return
    if store.find("account", account) is None:
        raise StripeError(
            f"The provided key does not have access to account '{account}' (or that account does not exist). "
            "Application access may have been revoked.",
            status=403,
            code="account_invalid",
        )
    raise invalid("The sandbox has no data of connected accounts; call it as the platform.")
