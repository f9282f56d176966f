"""Stripe's test cards and test payment methods, and what each of them does."""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

#: What follows a payment that went through.
Aftermath = Literal["", "dispute", "early_fraud_warning", "refund_fails", "refund_pends", "available_now"]

MESSAGES: Final = MappingProxyType(
    {
        "card_declined": "Your card was declined.",
        "insufficient_funds": "Your card has insufficient funds.",
        "expired_card": "Your card has expired.",
        "incorrect_cvc": "Your card's security code is incorrect.",
        "processing_error": "An error occurred while processing your card. Try again in a little bit.",
        "test_mode_live_card": "Your card was declined. Your request was in test mode, but used a non test card. "
        "For a list of valid test cards, visit: https://stripe.com/docs/testing.",
        "payment_intent_authentication_failure": "We are unable to authenticate your payment method. "
        "Please choose a different payment method and try again.",
        "payment_method_provider_decline": "The bank account holder's bank declined the debit.",
    }
)


@dataclass(frozen=True, slots=True)
class Method:
    """A way to pay in test mode."""

    number: str
    label: str
    brand: str = "visa"
    #: Names that the API takes for it, such as `pm_card_visa`.
    names: tuple[str, ...] = ()
    kind: Literal["card", "bank_debit"] = "card"
    funding: str = "credit"
    #: Stripe's error code and decline code, where it does not go through.
    code: str | None = None
    decline_code: str | None = None
    #: Whether 3-D Secure is asked for: always, where the merchant asks, or not supported.
    three_d_secure: Literal["required", "optional", "frictionless", "unsupported"] = "frictionless"
    risk: Literal["normal", "elevated", "highest"] = "normal"
    aftermath: Aftermath = ""
    aliases: tuple[str, ...] = field(default=())

    @property
    def last4(self) -> str:
        """The last four digits."""
        return self.number[-4:]

    @property
    def message(self) -> str:
        """What a buyer is told when it does not go through."""
        specific = MESSAGES.get(self.decline_code or "") or MESSAGES.get(self.code or "")
        return specific or MESSAGES["card_declined"]


METHODS: Final = (
    Method("4242424242424242", "Visa: paid", names=("pm_card_visa", "visa")),
    Method("4000056655665556", "Visa debit: paid", names=("pm_card_visa_debit",), funding="debit"),
    Method("5555555555554444", "Mastercard: paid", "mastercard", names=("pm_card_mastercard", "mastercard")),
    Method(
        "378282246310005", "American Express: paid", "amex", names=("pm_card_amex", "amex"),
        three_d_secure="unsupported"
    ),
    Method("6011111111111117", "Discover: paid", "discover", names=("pm_card_discover",)),
    Method(
        "4000000000000002", "Declined", code="card_declined", decline_code="generic_decline",
        names=("pm_card_visa_chargeDeclined", "pm_card_chargeDeclined", "declined"),
    ),
    Method(
        "4000000000009995", "Declined: insufficient funds", code="card_declined", decline_code="insufficient_funds",
        names=("pm_card_visa_chargeDeclinedInsufficientFunds", "pm_card_chargeDeclinedInsufficientFunds"),
        aliases=("insufficient_funds",),
    ),
    Method(
        "4000000000009987", "Declined: lost card", code="card_declined", decline_code="lost_card",
        names=("pm_card_visa_chargeDeclinedLostCard", "pm_card_chargeDeclinedLostCard"),
    ),
    Method(
        "4000000000009979", "Declined: stolen card", code="card_declined", decline_code="stolen_card",
        names=("pm_card_visa_chargeDeclinedStolenCard", "pm_card_chargeDeclinedStolenCard"),
    ),
    Method(
        "4000000000000069", "Declined: expired card", code="expired_card",
        names=("pm_card_chargeDeclinedExpiredCard",), aliases=("expired_card",),
    ),
    Method(
        "4000000000000127", "Declined: wrong security code", code="incorrect_cvc",
        names=("pm_card_chargeDeclinedIncorrectCvc",), aliases=("incorrect_cvc",),
    ),
    Method(
        "4000000000000119", "Declined: processing error", code="processing_error",
        names=("pm_card_chargeDeclinedProcessingError",), aliases=("processing_error",),
    ),
    Method(
        "4000002500003155", "3-D Secure asked for", names=("pm_card_authenticationRequired",),
        three_d_secure="required", aliases=("3ds",),
    ),
    Method(
        "4000002760003184", "3-D Secure always asked for", three_d_secure="required",
        names=("pm_card_authenticationRequiredOnSetup", "pm_card_threeDSecureRequired"),
    ),
    Method(
        "4000000000003220", "3-D Secure 2 asked for", names=("pm_card_threeDSecure2Required",),
        three_d_secure="required",
    ),
    Method(
        "4000000000003055", "3-D Secure if you ask for it", names=("pm_card_threeDSecureOptional",),
        three_d_secure="optional",
    ),
    Method(
        "4000008400001629", "3-D Secure, then declined", three_d_secure="required", code="card_declined",
        decline_code="generic_decline", names=("pm_card_threeDSecureRequiredChargeDeclined",),
    ),
    Method(
        "4000000000005126", "Paid; a refund fails later", names=("pm_card_refundFail",), aftermath="refund_fails",
        aliases=("refund_fails",),
    ),
    Method(
        "4000000000007726", "Paid; a refund takes a while", names=("pm_card_pendingRefund",),
        aftermath="refund_pends",
    ),
    Method(
        "4000000000000259", "Paid, then disputed as fraudulent", names=("pm_card_createDispute",),
        aftermath="dispute",
        aliases=("dispute",),
    ),
    Method(
        "4000000000005423", "Paid, then an early fraud warning", names=("pm_card_createIssuerFraudRecord",),
        aftermath="early_fraud_warning", aliases=("early_fraud_warning",),
    ),
    Method(
        "4000000000009235", "Paid at elevated risk, goes to review", names=("pm_card_riskLevelElevated",),
        risk="elevated",
        aliases=("elevated",),
    ),
    Method(
        "4000000000004954", "Blocked: highest risk", names=("pm_card_riskLevelHighest",), risk="highest",
        code="card_declined", decline_code="fraudulent", aliases=("highest",),
    ),
    Method("4000000000000077", "Paid, available at once", names=("pm_card_bypassPending",),
        aftermath="available_now"),
    Method(
        "000123456789", "Bank debit: settles later", "bank", kind="bank_debit", names=("pm_usBankAccount_success",),
        aliases=("pm_usBankAccount", "bank_debit"), three_d_secure="unsupported",
    ),
    Method(
        "000111111116", "Bank debit: fails later", "bank", kind="bank_debit",
        names=("pm_usBankAccount_insufficientFunds",),
        aliases=("bank_debit_fails",), code="payment_method_provider_decline", decline_code="insufficient_funds",
        three_d_secure="unsupported",
    ),
)  # fmt: skip

#: A number that looks right and is no test card.
REAL_CARD: Final = Method("", "Not a test card", code="card_declined", decline_code="test_mode_live_card")

_BY_NAME: Final = {name: method for method in METHODS for name in (method.number, *method.names, *method.aliases)}
SHORTEST, LONGEST = 12, 19


def find_method(text: str) -> Method | None:
    """The method with this number (spaces allowed), name (`pm_card_visa`) or alias (`declined`); None: unknown."""
    bare = text.replace(" ", "").replace("-", "")
    found = _BY_NAME.get(bare)
    if found is None and bare.isdigit() and SHORTEST <= len(bare) <= LONGEST and _luhn(bare):
        return Method(bare, REAL_CARD.label, code=REAL_CARD.code, decline_code=REAL_CARD.decline_code)
    return found


def _luhn(number: str) -> bool:
    total = 0
    for at, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + at % 2)
        total += value - 9 if value > 9 else value  # noqa: PLR2004
    return total % 10 == 0
