"""Forms of keys and other secrets."""

import base64
import binascii
import re
from collections.abc import Callable
from email.utils import parseaddr
from typing import Final, TypeVar

from runtime.settings.problems import Wrong
from runtime.settings.secret import Secret
from runtime.settings.variable import Form

T = TypeVar("T", str, bytes)

_STRIPE_SECRET_KEY: Final = re.compile(r"(sk|rk)_(test|live)_\w+", re.ASCII)
_STRIPE_WEBHOOK_SECRET: Final = re.compile(r"whsec_[A-Za-z0-9+/=_-]+")
_PRINTABLE: Final = re.compile(r"[!-~]+")

#: AES-256.
_KEY_BYTES: Final = 32
#: RFC 7518 §3.2: an HS256 key is at least as long as its hash.
_JWT_SECRET_BYTES: Final = 32
#: Standard Webhooks asks for 24 to 64 bytes; shorter keys exist in the field, below 16 bytes they can be guessed.
_WEBHOOK_SECRET_BYTES: Final = range(16, 129)


def stripe_secret_key() -> Form[Secret[str]]:
    """Stripe's secret or restricted key."""
    return _matching(_STRIPE_SECRET_KEY, "is no secret key of Stripe", "a key such as sk_test_… or rk_live_…")


def stripe_webhook_secrets() -> Form[tuple[Secret[str], ...]]:
    """Signing secrets of Stripe's webhooks, comma-separated: two while one is being rolled."""
    one = _matching(_STRIPE_WEBHOOK_SECRET, "holds something that is no webhook secret of Stripe", "")
    return Form(lambda text: _each(text, one.parse), "whsec_… (several comma-separated)")


def outgoing_webhook_secret() -> Form[Secret[str]]:
    """A Standard Webhooks secret: `whsec_` and base64."""

    def parse(text: str) -> Secret[str]:
        prefix, marker, body = text.partition("whsec_")
        if prefix or not marker:
            raise Wrong("does not begin with whsec_")
        try:
            key = base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            raise Wrong("is not base64 after whsec_") from None
        if len(key) not in _WEBHOOK_SECRET_BYTES:
            raise Wrong(f"holds {len(key)} bytes")
        return Secret(text)

    return Form(parse, "whsec_ and base64 of 24 to 64 random bytes")


def field_key() -> Form[Secret[bytes]]:
    """A key of 32 bytes in URL-safe base64, with or without its padding."""
    return Form(lambda text: Secret(_key_bytes(text)), "32 random bytes in URL-safe base64")


def field_keys() -> Form[tuple[Secret[bytes], ...]]:
    """Keys of 32 bytes each, comma-separated; the first one encrypts."""

    def parse(text: str) -> tuple[Secret[bytes], ...]:
        keys = _each(text, lambda part: Secret(_key_bytes(part)))
        if len(set(keys)) < len(keys):
            raise Wrong("holds the same key twice")
        return keys

    return Form(parse, "keys of 32 random bytes each in URL-safe base64, comma-separated, the first one encrypts")


def jwt_secret() -> Form[Secret[str]]:
    """The shared secret of HS256 tokens."""

    def parse(text: str) -> Secret[str]:
        size = len(text.encode())
        if size < _JWT_SECRET_BYTES:
            raise Wrong(f"is only {size} bytes long")
        return Secret(text)

    return Form(parse, f"at least {_JWT_SECRET_BYTES} random bytes")


def private_key() -> Form[Secret[str]]:
    """A private key in PEM, with real line breaks or, as secret stores of one line have it, with backslash and n."""

    def parse(text: str) -> Secret[str]:
        pem = text.replace("\\n", "\n")
        if not pem.startswith("-----BEGIN ") or "PRIVATE KEY-----" not in pem:
            raise Wrong("is no private key in PEM")
        return Secret(pem)

    return Form(parse, "a private key in PEM")


def opaque() -> Form[Secret[str]]:
    """A secret of somebody else, whose form is theirs."""
    return _matching(_PRINTABLE, "holds blanks or unprintable characters", "the key as its issuer shows it")


def sender() -> Form[str]:
    """A sender's address, with a name before it or not."""

    def parse(text: str) -> str:
        _, address = parseaddr(text)
        mailbox, _, domain = address.rpartition("@")
        if not mailbox or not domain or not text.isprintable():
            raise Wrong("is no e-mail address")
        return text

    return Form(parse, "an address such as Payments <payments@shop.example>")


def _matching(pattern: re.Pattern[str], wrong: str, right: str) -> Form[Secret[str]]:
    def parse(text: str) -> Secret[str]:
        if not pattern.fullmatch(text):
            raise Wrong(wrong)
        return Secret(text)

    return Form(parse, right)


def _each(text: str, parse: Callable[[str], Secret[T]]) -> tuple[Secret[T], ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if text and not parts:
        raise Wrong("lists nothing")
    return tuple(parse(part) for part in parts)


def _key_bytes(text: str) -> bytes:
    padded = text.rstrip("=")
    padded += "=" * (-len(padded) % 4)
    try:
        key = base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Wrong("is not URL-safe base64") from None
    if len(key) != _KEY_BYTES:
        raise Wrong(f"holds {len(key)} bytes instead of {_KEY_BYTES}")
    return key
