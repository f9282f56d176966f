"""Checkout Sessions and their line items."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from sandbox.stripe.objects.payment_intent import method_types
from sandbox.stripe.schema import blank
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World

BRANDING: Final = {
    "background_color": "#ffffff",
    "border_style": "rounded",
    "button_color": "#0074d4",
    "display_name": "Gavelpay Sandbox",
    "font_family": "default",
    "icon": None,
    "logo": None,
}
INVOICE_DATA: Final[Obj] = {
    "account_tax_ids": None,
    "custom_fields": None,
    "description": None,
    "footer": None,
    "issuer": None,
    "metadata": {},
    "rendering_options": None,
}
TEXTS: Final = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")


def checkout_session(world: World, params: Obj, items: list[Obj], expires_at: int) -> Obj:
    """A new open session in payment mode; its payment intent comes when the buyer confirms."""
    made = blank("checkout.session")
    total = sum(item["amount_total"] for item in items)
    currency = items[0]["currency"]
    session_id = world.new_id("cs")
    hosted = params.get("ui_mode", "hosted_page") == "hosted_page"
    created: dict[str, Any] = {
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False, **params.get("adaptive_pricing", {})},
        "after_expiration": _after_expiration(params),
        "allow_promotion_codes": params.get("allow_promotion_codes"),
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": params.get("billing_address_collection"),
        "branding_settings": {**BRANDING, **params.get("branding_settings", {})},
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None if hosted else f"{session_id}_secret_{world.new_id('s')}",
        "collected_information": {"business_name": None, "individual_name": None, "shipping_details": None},
        "created": world.now,
        "currency": currency,
        "custom_fields": [],
        "custom_text": {name: (params.get("custom_text") or {}).get(name) or None for name in TEXTS},
        "customer": params.get("customer"),
        "customer_creation": params.get("customer_creation", None if params.get("customer") else "if_required"),
        "customer_details": _customer_details(params.get("customer_email")),
        "customer_email": params.get("customer_email"),
        "discounts": [],
        "excluded_payment_method_types": params.get("excluded_payment_method_types"),
        "expires_at": expires_at,
        "invoice_creation": {"enabled": False, "invoice_data": dict(INVOICE_DATA)},
        "livemode": False,
        "locale": params.get("locale"),
        "managed_payments": {"enabled": False},
        "metadata": dict(params.get("metadata") or {}),
        "mode": "payment",
        "origin_context": params.get("origin_context"),
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": {"id": "pmc_1SandboxDefault", "parent": None},
        "payment_method_options": _options(params),
        "payment_method_types": method_types(currency, params),
        "payment_status": "unpaid",
        "phone_number_collection": params.get("phone_number_collection") or {"enabled": False},
        "redirect_on_completion": None if hosted else params.get("redirect_on_completion", "always"),
        "return_url": params.get("return_url"),
        "saved_payment_method_options": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "success_url": params.get("success_url"),
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": params.get("ui_mode", "hosted_page"),
        "url": f"{world.settings.public_url}/c/pay/{session_id}" if hosted else None,
        "wallet_options": None,
    }
    made.update(created)
    return made


def _customer_details(email: str | None) -> Obj | None:
    """Known before the buyer comes only where the merchant gave the address."""
    if email is None:
        return None
    details = blank("checkout.session.customer_details")
    details.update(email=email, tax_exempt="none", tax_ids=None)
    return details


def _after_expiration(params: Obj) -> Obj | None:
    recovery = (params.get("after_expiration") or {}).get("recovery")
    if not recovery:
        return None
    given = {"allow_promotion_codes": False, "enabled": False, **recovery}
    return {"recovery": {**given, "expires_at": None, "url": None}}


def _options(params: Obj) -> Obj:
    given = (params.get("payment_method_options") or {}).get("card") or {}
    return {"card": {"request_three_d_secure": "automatic", **given}}


def line_item(world: World, params: Obj) -> Obj:
    """One line of a session, with the price and product that Stripe makes for it on the fly."""
    data = params["price_data"]
    quantity = params.get("quantity", 1)
    unit = data.get("unit_amount")
    exact = Decimal(data["unit_amount_decimal"]) if unit is None else Decimal(unit)
    total = int((exact * quantity).quantize(Decimal(1), ROUND_HALF_UP))
    currency = data["currency"].lower()
    product = _product(world, data)
    price = blank("price")
    price.update(
        id=world.new_id("price"),
        object="price",
        active=False,
        billing_scheme="per_unit",
        created=world.now,
        currency=currency,
        livemode=False,
        metadata={},
        product=product["id"],
        tax_behavior=data.get("tax_behavior", "unspecified"),
        type="one_time",
        unit_amount=unit,
        unit_amount_decimal=str(exact),
    )
    made = blank("item")
    made.update(
        id=world.new_id("li"),
        object="item",
        amount_discount=0,
        amount_subtotal=total,
        amount_tax=0,
        amount_total=total,
        currency=currency,
        description=product["name"],
        metadata=params.get("metadata", {}),
        price=price,
        quantity=quantity,
    )
    return made


def _product(world: World, data: Obj) -> Obj:
    given = data["product_data"]
    made = blank("product")
    made.update(
        id=world.new_id("prod"),
        object="product",
        active=False,
        created=world.now,
        description=given.get("description"),
        images=given.get("images", []),
        livemode=False,
        marketing_features=[],
        metadata=given.get("metadata", {}),
        name=given["name"],
        tax_code=given.get("tax_code"),
        type="service",
        unit_label=given.get("unit_label"),
        updated=world.now,
    )
    return world.store.save(made)
