"""Declines in plain words: every code that Stripe knows, and none that tells a thief what the bank knows."""

from typing import Final

import pytest

from domain.settlement import AUTHENTICATION_FAILURES
from domain.wording.declines import DECLINES, explain
from domain.wording.reasons import CONCEALED, REASONS, UNEXPLAINED, Reason, reason_of

#: docs.stripe.com/declines/codes, card decline codes, September 2026.
STRIPES_CARD_CODES: Final = frozenset(
    """
    authentication_required authentication_not_handled approve_with_id call_issuer card_not_supported
    card_velocity_exceeded currency_not_supported do_not_honor do_not_try_again duplicate_transaction expired_card
    fraudulent generic_decline incorrect_address incorrect_cvc incorrect_number incorrect_pin incorrect_zip
    insufficient_funds invalid_account invalid_amount invalid_cvc invalid_expiry_month invalid_expiry_year
    invalid_number invalid_pin issuer_not_available lost_card merchant_blacklist new_account_information_available
    no_action_taken not_permitted offline_pin_required online_or_offline_pin_required pickup_card pin_try_exceeded
    processing_error reenter_transaction restricted_card revocation_of_all_authorizations revocation_of_authorization
    security_violation service_not_allowed stolen_card stop_payment_order testmode_decline transaction_not_allowed
    try_again_later withdrawal_count_limit_exceeded mobile_device_authentication_required
    """.split()
)
#: The same page, local payment methods.
STRIPES_LOCAL_CODES: Final = frozenset(
    """
    partner_generic_decline invalid_customer_account payment_limit_exceeded invalid_billing_agreement
    partner_expired_card partner_processing_error partner_insufficient_funds partner_invalid_currency
    partner_invalid_amount invalid_business_account partner_high_risk_customer compliance_violation payment_disputed
    invalid_authorization invalid_payment_information partner_payment_not_found expired_payment_information
    partner_duplicate_transaction recurring_not_supported_by_bank partner_action_not_supported lost_or_stolen_card
    card_already_activated invalid_track_data
    """.split()
)
#: docs.stripe.com/error-codes: what a failed payment intent says where no decline code comes with it.
STRIPES_ERROR_CODES: Final = frozenset(
    """
    card_declined expired_card incorrect_cvc incorrect_number processing_error card_decline_rate_limit_exceeded
    payment_intent_authentication_failure payment_intent_payment_attempt_failed payment_intent_payment_attempt_expired
    payment_method_customer_decline payment_method_provider_decline payment_method_provider_timeout
    payment_method_not_available payment_method_restricted payment_method_bank_account_blocked bank_account_declined
    bank_account_restricted bank_account_unusable account_closed no_account debit_not_authorized insufficient_funds
    """.split()
)


@pytest.mark.parametrize("code", sorted(STRIPES_CARD_CODES | STRIPES_LOCAL_CODES | STRIPES_ERROR_CODES))
def test_every_code_of_stripes_has_its_words_or_knowingly_none(code: str) -> None:
    assert sum(code in known for known in (REASONS, CONCEALED, UNEXPLAINED)) == 1


def test_no_code_is_known_that_stripe_does_not_have() -> None:
    sandboxes = {"test_mode_live_card"}

    known = {*REASONS, *CONCEALED, *UNEXPLAINED}
    assert known - STRIPES_CARD_CODES - STRIPES_LOCAL_CODES - STRIPES_ERROR_CODES == sandboxes


@pytest.mark.parametrize("language", ["en", "de"])
def test_codes_that_hint_at_theft_or_fraud_say_what_any_decline_says(language: str) -> None:
    plain = explain("generic_decline", language)

    assert {explain(code, language) for code in CONCEALED | UNEXPLAINED} == {plain}
    assert explain(None, language) == explain("", language) == explain("a_code_of_next_year", language) == plain
    for words in DECLINES[language].values():
        said = f"{words.title} {words.reason} {words.advice}".lower()
        assert not any(hint in said for hint in ("fraud", "stolen", "lost", "betrug", "gestohlen", "verloren"))


def test_both_languages_have_words_for_every_reason_and_each_says_what_to_do() -> None:
    for words in DECLINES.values():
        assert set(words) == set(Reason)
        for declined in words.values():
            assert declined.title[-1] not in ".!"
            assert declined.reason.endswith(".")
            assert declined.advice.endswith(".")


def test_a_confirmation_that_failed_is_told_as_one() -> None:
    assert {reason_of(code) for code in AUTHENTICATION_FAILURES} == {Reason.CONFIRMATION}


def test_a_language_without_words_gets_english_ones() -> None:
    assert explain("expired_card", "fr") == explain("expired_card", "en")
    assert explain("expired_card", "de").reason == "Die Karte ist abgelaufen."
