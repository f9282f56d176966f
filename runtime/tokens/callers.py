"""Who calls, and why a token that does not prove it is refused."""

from dataclasses import dataclass
from enum import StrEnum


class CallerRole(StrEnum):
    """What a caller may be."""

    SERVICE = "service"
    BUYER = "buyer"
    MAKER = "maker"
    SUPPORT = "support"
    ADMIN = "admin"
    AUDITOR = "auditor"


class Refusal(StrEnum):
    """Why a token is refused. The texts are stable: they are the API's error codes."""

    MALFORMED = "token_malformed"
    WRONG_ALGORITHM = "token_wrong_algorithm"
    UNKNOWN_KEY = "token_unknown_key"
    #: The keys could not be fetched yet: not the caller's fault, and over when the issuer is back.
    KEYS_UNAVAILABLE = "token_keys_unavailable"
    BAD_SIGNATURE = "token_bad_signature"
    NO_EXPIRY = "token_no_expiry"
    EXPIRED = "token_expired"
    NOT_YET_VALID = "token_not_yet_valid"
    WRONG_ISSUER = "token_wrong_issuer"
    WRONG_AUDIENCE = "token_wrong_audience"
    NO_SUBJECT = "token_no_subject"
    UNKNOWN_ROLE = "token_unknown_role"


class TokenRefused(Exception):
    """A token does not prove who calls. `code` says why; nothing of the token is repeated."""

    def __init__(self, code: Refusal) -> None:
        self.code = code
        super().__init__(code.value)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls."""

    subject: str
    role: CallerRole
