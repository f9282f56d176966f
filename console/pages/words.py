"""What the buyer's page says: each language is one value, and none may lack a word that another has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from console.pages.stages import Stage

#: Why a bank declined, as far as the buyer may be told: codes that hint at fraud or loss are among the others.
_DECLINES: Final[Mapping[str, str]] = {
    "insufficient_funds": "money",
    "card_velocity_exceeded": "money",
    "withdrawal_count_limit_exceeded": "money",
    "expired_card": "expired",
    "incorrect_number": "typo",
    "invalid_number": "typo",
    "incorrect_cvc": "typo",
    "invalid_cvc": "typo",
    "invalid_expiry_month": "typo",
    "invalid_expiry_year": "typo",
    "incorrect_zip": "typo",
    "authentication_required": "confirmation",
    "authentication_not_handled": "confirmation",
    "payment_intent_authentication_failure": "confirmation",
    "processing_error": "unreachable",
    "issuer_not_available": "unreachable",
    "try_again_later": "unreachable",
    "reenter_transaction": "unreachable",
    "card_not_supported": "unsuited",
    "currency_not_supported": "unsuited",
    "transaction_not_allowed": "unsuited",
    "service_not_allowed": "unsuited",
}


@dataclass(frozen=True, slots=True)
class Said:
    """A title without a full stop, and the sentences under it."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that the page says in one language."""

    said: Mapping[Stage, Said]
    lost_link: Said
    broken: Said
    labels: Mapping[str, str]
    steps: tuple[str, ...]
    declines: Mapping[str, str]

    def decline(self, code: str | None) -> str:
        """Why the bank declined."""
        return self.declines[_DECLINES.get(code or "", "other")]
