"""The parameters of what is opened and sent back. They are stored, and sent unchanged ever after."""

import re
import unicodedata
from datetime import datetime
from typing import Any, Final

from domain.attempt import CheckoutAttempt
from domain.policies import AttemptKind, Policy
from domain.session import PaymentSession
from domain.transaction import Refund, Transaction

#: Longer titles are cut: a checkout page shows one line.
_NAME: Final = 250
_DESCRIPTION: Final = 500
#: Addresses that Stripe certainly takes; it refuses the whole request over one that it does not like.
_ADDRESS: Final = re.compile(r"[A-Za-z0-9._%+-]+@([A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
#: The languages that Stripe's page speaks; others get the buyer's browser's.
_LOCALES: Final = frozenset(
    """
    bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru sk sl sv
    th tr vi zh zh-HK zh-TW
    """.split()
)


def opening_request(
    session: PaymentSession,
    attempt: CheckoutAttempt,
    policy: Policy,
    *,
    expires_at: datetime | None,
    return_url: str,
    cancel_url: str,
) -> dict[str, Any]:
    """Everything that Stripe is told about one attempt."""
    if policy.kind is AttemptKind.PAYMENT_INTENT:
        return _payment_intent(session, attempt, policy)
    request: dict[str, Any] = {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "line_items": [{"quantity": 1, "price_data": _price(session)}],
        "success_url": return_url,
        "cancel_url": cancel_url,
        "client_reference_id": str(session.id),
        "metadata": _metadata(session, attempt),
        # A Checkout Session's metadata is not copied to its payment intent.
        "payment_intent_data": {
            "metadata": _metadata(session, attempt),
            "description": _title(session),
            **_passing_on(attempt),
        },
    }
    request |= _authentication(session, policy)
    if expires_at is not None:
        request["expires_at"] = int(expires_at.timestamp())
    if (address := _address(session)) is not None:
        request["customer_email"] = address
    if (locale := _locale(session.locale)) is not None:
        request["locale"] = locale
    return request


def refund_request(refund: Refund, transaction: Transaction) -> dict[str, Any]:
    """Everything that Stripe is told about one refund.

    On Connect, Stripe takes the maker's part back in proportion to the amount, and gives them the platform's fee of it;
    both only where asked.
    """
    request: dict[str, Any] = {
        "payment_intent": transaction.stripe_payment_intent_id,
        "amount": refund.amount_minor,
        "metadata": {"refund_id": str(refund.id), "payment_session_id": str(refund.session_id)},
    }
    if refund.reverses_transfer:
        request["reverse_transfer"] = True
        if transaction.transferred_minor < transaction.amount_minor:
            request["refund_application_fee"] = True
    return request


def _passing_on(attempt: CheckoutAttempt) -> dict[str, Any]:
    """A destination charge, settled by the maker's own account (docs/adr/0011-destination-charges.md)."""
    if attempt.destination is None:
        return {}
    passing: dict[str, Any] = {
        "transfer_data": {"destination": attempt.destination},
        "on_behalf_of": attempt.destination,
    }
    if attempt.application_fee_minor:
        passing["application_fee_amount"] = attempt.application_fee_minor
    return passing


def _payment_intent(session: PaymentSession, attempt: CheckoutAttempt, policy: Policy) -> dict[str, Any]:
    request: dict[str, Any] = {
        "amount": session.amount_minor,
        "currency": session.currency.lower(),
        "description": _title(session),
        "metadata": _metadata(session, attempt),
        **_passing_on(attempt),
    }
    request |= _authentication(session, policy)
    if policy.card_only:
        request["allowed_payment_method_types"] = ["card"]
    if (address := _address(session)) is not None:
        request["receipt_email"] = address
    return request


def _authentication(session: PaymentSession, policy: Policy) -> dict[str, Any]:
    """Ask for 3-D Secure where the card has it. Stripe's default asks only where it must."""
    if not policy.asks_three_d_secure(session.amount):
        return {}
    return {"payment_method_options": {"card": {"request_three_d_secure": "any"}}}


def _price(session: PaymentSession) -> dict[str, Any]:
    product = {"name": _title(session)}
    if description := _cut(session.description or "", _DESCRIPTION):
        product["description"] = description
    return {"currency": session.currency.lower(), "unit_amount": session.amount_minor, "product_data": product}


def _title(session: PaymentSession) -> str:
    return _cut(session.title or "", _NAME) or f"Auction {session.auction_id}"


def _cut(text: str, length: int) -> str:
    """A text as one line of at most that length; nothing if there is nothing to see in it."""
    text = "".join(one for one in " ".join(text.split()) if unicodedata.category(one) != "Cc")
    if not any(unicodedata.category(one)[0] in "LNPS" for one in text):
        return ""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _address(session: PaymentSession) -> str | None:
    """The buyer's address, to fill in for them: a kindness that must not cost the sale."""
    address = session.buyer_email or ""
    return address if _ADDRESS.fullmatch(address) else None


def _metadata(session: PaymentSession, attempt: CheckoutAttempt) -> dict[str, str]:
    return session.metadata | {
        "payment_session_id": str(session.id),
        "auction_id": session.auction_id,
        "buyer_id": session.buyer_id,
        "attempt": str(attempt.attempt_no),
    }


def _locale(tag: str | None) -> str | None:
    if tag is None:
        return None
    language, _, rest = tag.replace("_", "-").partition("-")
    full = f"{language.lower()}-{rest.upper()}" if rest else language.lower()
    return next((one for one in (full, language.lower()) if one in _LOCALES), None)
