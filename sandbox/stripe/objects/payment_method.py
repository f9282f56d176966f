"""Payment methods, and how a charge describes the one that paid it."""

import hashlib
from typing import Final

from sandbox.stripe.cards import Method
from sandbox.stripe.schema import blank
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World

ADDRESS: Final = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}
PASSED: Final = {"address_line1_check": None, "address_postal_code_check": "pass", "cvc_check": "pass"}
EXPIRY: Final = (12, 2034)
UNAVAILABLE: Final = {"status": "unavailable"}


def billing(email: str | None = None, name: str | None = None) -> Obj:
    """Billing details, as far as the buyer gave them."""
    address = {**ADDRESS, "country": "US", "postal_code": "42424"}
    return {"address": address, "email": email, "name": name, "phone": None, "tax_id": None}


def fingerprint(method: Method) -> str:
    """The same for the same number, as Stripe's are within an account."""
    return hashlib.sha256(method.number.encode()).hexdigest()[:16]


def payment_method(world: World, method: Method, currency: str, details: Obj) -> Obj:
    """A new payment method; saved, with a note of which test method it is."""
    made = blank("payment_method")
    kind = debit_type(currency) if method.kind == "bank_debit" else "card"
    made.update(
        id=world.new_id("pm"),
        object="payment_method",
        allow_redisplay="unspecified",
        billing_details=details,
        created=world.now,
        livemode=False,
        metadata={},
        radar_options={},
        type=kind,
    )
    made[kind] = _card(method) if kind == "card" else _debit(kind, method)
    world.store.save({**world.store.note(made["id"]), "method": method.number})
    return world.store.save(made)


def debit_type(currency: str) -> str:
    """The kind of bank debit that a currency has."""
    return "sepa_debit" if currency == "eur" else "us_bank_account"


def _card(method: Method) -> Obj:
    card = blank("payment_method.card")
    card.update(
        brand=method.brand,
        checks=dict(PASSED),
        country="US",
        display_brand=method.brand,
        exp_month=EXPIRY[0],
        exp_year=EXPIRY[1],
        fingerprint=fingerprint(method),
        funding=method.funding,
        last4=method.last4,
        networks={"available": [method.brand], "preferred": None},
        regulated_status="unregulated",
        three_d_secure_usage={"supported": method.three_d_secure != "unsupported"},
    )
    return card


def _debit(kind: str, method: Method) -> Obj:
    debit = blank(f"payment_method.{kind}")
    debit.update(fingerprint=fingerprint(method), last4=method.last4)
    if kind == "sepa_debit":
        debit.update(
            bank_code="37040044",
            branch_code="",
            country="DE",
            generated_from={"charge": None, "setup_attempt": None},
        )
    else:
        debit.update(
            account_holder_type="individual",
            account_type="checking",
            bank_name="STRIPE TEST BANK",
            networks={"preferred": "ach", "supported": ["ach"]},
            routing_number="110000000",
            status_details={},
        )
    return debit


def charge_details(method: Method, kind: str, amount: int, secure: Obj | None) -> Obj:
    """`payment_method_details` of a charge; `secure` is the outcome of 3-D Secure where there was one."""
    if kind != "card":
        details = blank(f"charge.payment_method_details.{kind}")
        described = _debit(kind, method)
        details.update({name: value for name, value in described.items() if name in details})
        return {"type": kind, kind: details}
    card = blank("charge.payment_method_details.card")
    checks = {**PASSED, "cvc_check": "fail" if method.code == "incorrect_cvc" else "pass"}
    card.update(
        amount_authorized=None if method.code else amount,
        authorization_code=None if method.code else "123456",
        brand=method.brand,
        checks=checks,
        country="US",
        exp_month=EXPIRY[0],
        exp_year=EXPIRY[1],
        extended_authorization={"status": "disabled"},
        fingerprint=fingerprint(method),
        funding=method.funding,
        incremental_authorization=dict(UNAVAILABLE),
        last4=method.last4,
        multicapture=dict(UNAVAILABLE),
        network=method.brand,
        network_token={"used": False},
        network_transaction_id=fingerprint(method)[:15],
        overcapture={"maximum_amount_capturable": amount, "status": "unavailable"},
        regulated_status="unregulated",
        three_d_secure=secure,
    )
    return {"type": "card", "card": card}


def three_d_secure(result: str, flow: str | None) -> Obj:
    """How 3-D Secure went."""
    secure = blank("charge.payment_method_details.card.three_d_secure")
    full = result == "authenticated"
    secure.update(
        authentication_flow=flow,
        electronic_commerce_indicator="05" if full else "06",
        result=result,
        transaction_id="00000000-0000-4000-8000-000000000000",
        version="2.2.0",
    )
    return secure
