"""Declines in English."""

from collections.abc import Mapping
from typing import Final

from domain.wording.reasons import Declined, Reason

_DECLINED: Final = "Your bank declined the payment"
_FAILED: Final = "The payment did not go through"

DECLINES_IN_ENGLISH: Final[Mapping[Reason, Declined]] = {
    Reason.MONEY: Declined(
        _DECLINED,
        "There was not enough money or limit on the card or account.",
        "Use another card, or ask your bank to raise the limit.",
    ),
    Reason.EXPIRED: Declined(_DECLINED, "The card has expired.", "Use another card."),
    Reason.TYPO: Declined(_DECLINED, "A digit or the address did not match.", "Check and enter it again."),
    Reason.CONFIRMATION: Declined(
        _FAILED,
        "The confirmation with your bank did not finish.",
        "Try again and confirm in your bank’s app.",
    ),
    Reason.UNREACHABLE: Declined(_FAILED, "Your bank could not be reached.", "Try again in a few minutes."),
    Reason.UNSUITED: Declined(_DECLINED, "This card cannot be used for this kind of payment.", "Use another card."),
    Reason.REPEATED: Declined(
        _DECLINED,
        "It looked like a repeat of a payment made moments before.",
        "Wait a few minutes, then try again.",
    ),
    Reason.METHOD: Declined(_FAILED, "The way of paying that was chosen did not work.", "Choose another one."),
    Reason.OTHER: Declined(
        _DECLINED,
        "The bank gave no reason.",
        "Try another card, or ask your bank to allow this payment and try again.",
    ),
}
