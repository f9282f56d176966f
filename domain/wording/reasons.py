"""The few reasons for a decline that buyers are told apart, and the codes of Stripe behind each.

Stripe asks not to tell a buyer that a card is lost, stolen or thought to be used for fraud: who holds it may be the
thief. Such codes say what `generic_decline` says; operators see the code itself.

Source: docs.stripe.com/declines/codes and docs.stripe.com/error-codes, as of September 2026.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why a payment was declined, as far as a buyer may be told."""

    #: Not enough money, or a limit reached.
    MONEY = "money"
    EXPIRED = "expired"
    #: Something typed does not match.
    TYPO = "typo"
    #: The buyer's bank asked the buyer to confirm, and that did not finish (3-D Secure).
    CONFIRMATION = "confirmation"
    #: The bank, or somebody on the way to it, did not answer.
    UNREACHABLE = "unreachable"
    #: This card is not for this kind of payment.
    UNSUITED = "unsuited"
    #: Taken for a repeat of a payment made moments before.
    REPEATED = "repeated"
    #: A wallet, bank account or other method that is no card.
    METHOD = "method"
    #: No reason, or none that a buyer may be told.
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Declined:
    """What a buyer is told of one decline."""

    #: Without a full stop.
    title: str
    #: Why, in a sentence.
    reason: str
    #: What to do about it.
    advice: str


_CODES: Final[Mapping[Reason, str]] = {
    Reason.MONEY: """
        insufficient_funds card_velocity_exceeded withdrawal_count_limit_exceeded invalid_amount
        partner_insufficient_funds payment_limit_exceeded partner_invalid_amount
        """,
    Reason.EXPIRED: "expired_card partner_expired_card",
    Reason.TYPO: """
        incorrect_number invalid_number incorrect_cvc invalid_cvc invalid_expiry_month invalid_expiry_year
        incorrect_zip incorrect_address
        """,
    Reason.CONFIRMATION: """
        authentication_required authentication_not_handled mobile_device_authentication_required
        payment_intent_authentication_failure payment_intent_payment_attempt_expired
        """,
    Reason.UNREACHABLE: """
        processing_error issuer_not_available try_again_later reenter_transaction
        partner_processing_error payment_method_provider_timeout payment_method_not_available
        """,
    Reason.UNSUITED: """
        card_not_supported currency_not_supported transaction_not_allowed service_not_allowed not_permitted
        invalid_account new_account_information_available card_decline_rate_limit_exceeded
        """,
    Reason.REPEATED: "duplicate_transaction partner_duplicate_transaction",
    Reason.METHOD: """
        payment_method_provider_decline payment_method_customer_decline payment_intent_payment_attempt_failed
        payment_method_restricted payment_method_bank_account_blocked bank_account_declined bank_account_restricted
        bank_account_unusable account_closed no_account debit_not_authorized partner_generic_decline
        invalid_customer_account invalid_billing_agreement invalid_business_account invalid_authorization
        invalid_payment_information expired_payment_information partner_payment_not_found partner_invalid_currency
        partner_action_not_supported recurring_not_supported_by_bank
        """,
}

REASONS: Final[Mapping[str, Reason]] = {code: reason for reason, codes in _CODES.items() for code in codes.split()}

#: Codes that hint at loss, theft or fraud: never told to a buyer.
CONCEALED: Final = frozenset(
    """
    fraudulent lost_card stolen_card pickup_card restricted_card merchant_blacklist security_violation
    partner_high_risk_customer compliance_violation lost_or_stolen_card payment_disputed
    """.split()
)

#: Codes that tell a buyer nothing: the bank gave no reason, a card reader would have to ask, a card for tests was used.
UNEXPLAINED: Final = frozenset(
    """
    generic_decline card_declined do_not_honor do_not_try_again call_issuer approve_with_id no_action_taken
    revocation_of_authorization revocation_of_all_authorizations stop_payment_order
    incorrect_pin invalid_pin pin_try_exceeded offline_pin_required online_or_offline_pin_required
    testmode_decline test_mode_live_card card_already_activated invalid_track_data
    """.split()
)


def reason_of(code: str | None) -> Reason:
    """Why, for a code of Stripe's. A code that nobody knows yet says as much as no code."""
    return REASONS.get(code or "", Reason.OTHER)
