"""Who may call, and the keys of encrypted columns."""

from collections.abc import Iterator

from runtime.settings import forms, keys, urls
from runtime.settings.problems import Problem
from runtime.settings.secret import Secret
from runtime.settings.variable import Group, group, optional, variable

_NAME = forms.word(r"[!-~]{1,255}", "the claim's exact text")


@group
class AuthSettings(Group):
    """How bearer tokens are verified: by a shared secret, or by published keys."""

    jwt_secret: Secret[str] | None = optional(
        "AUTH_JWT_SECRET",
        keys.jwt_secret(),
        "The secret of HS256 tokens.",
        unset="a development secret under `run` only",
    )
    jwks_url: str | None = optional(
        "AUTH_JWKS_URL", urls.web_url(), "Where the public keys of RS256 and ES256 tokens are published."
    )
    issuer: str | None = optional("AUTH_ISSUER", _NAME, "The `iss` that tokens must have.", unset="not enforced")
    audience: str | None = optional("AUTH_AUDIENCE", _NAME, "The `aud` that tokens must have.", unset="not enforced")

    def problems(self) -> Iterator[Problem]:
        """One way to verify, not two: with both, the weaker would decide."""
        if self.jwt_secret and self.jwks_url:
            yield Problem("AUTH_JWT_SECRET", "is set beside AUTH_JWKS_URL", "the only one of the two")


@group
class CryptoSettings(Group):
    """Keys of encrypted columns and bodies."""

    encryption_keys: tuple[Secret[bytes], ...] = variable(
        "FIELD_ENCRYPTION_KEYS",
        keys.field_keys(),
        "Keys of encrypted columns (AES-GCM). The first one encrypts, all of them decrypt.",
        default="",
        unset="generated under `gavelpay run`",
    )
    index_key: Secret[bytes] | None = optional(
        "FIELD_INDEX_KEY",
        keys.field_key(),
        "The key of the search over encrypted columns (HMAC).",
        unset="generated under `gavelpay run`",
    )

    def warnings(self) -> Iterator[str]:
        """One key for two purposes ties their rotation together."""
        if self.index_key is not None and self.index_key in self.encryption_keys:
            yield "FIELD_INDEX_KEY is one of FIELD_ENCRYPTION_KEYS; give it a key of its own"
