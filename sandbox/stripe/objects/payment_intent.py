"""Payment intents."""

from sandbox.stripe.objects.payment_method import debit_type
from sandbox.stripe.schema import blank
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World


def payment_intent(world: World, amount: int, currency: str, params: Obj) -> Obj:
    """A new payment intent, from the parameters that the API and `payment_intent_data` have in common."""
    made = blank("payment_intent")
    intent_id = world.new_id("pi")
    secret = world.new_id("secret").removeprefix("secret_1")
    made.update(
        id=intent_id,
        object="payment_intent",
        amount=amount,
        amount_capturable=0,
        amount_details={"tip": {}},
        amount_received=0,
        application_fee_amount=params.get("application_fee_amount"),
        capture_method=params.get("capture_method", "automatic_async"),
        client_secret=f"{intent_id}_secret_{secret}",
        confirmation_method=params.get("confirmation_method", "automatic"),
        created=world.now,
        currency=currency,
        customer=params.get("customer"),
        description=params.get("description"),
        livemode=False,
        metadata=dict(params.get("metadata") or {}),
        on_behalf_of=params.get("on_behalf_of"),
        payment_method_configuration_details={"id": "pmc_1SandboxDefault", "parent": None},
        payment_method_options=card_options(params),
        payment_method_types=method_types(currency, params),
        allowed_payment_method_types=params.get("allowed_payment_method_types") or None,
        excluded_payment_method_types=params.get("excluded_payment_method_types") or None,
        receipt_email=params.get("receipt_email"),
        setup_future_usage=params.get("setup_future_usage"),
        shipping=params.get("shipping") or None,
        statement_descriptor=params.get("statement_descriptor"),
        statement_descriptor_suffix=params.get("statement_descriptor_suffix"),
        status="requires_payment_method",
        transfer_data=params.get("transfer_data"),
        transfer_group=params.get("transfer_group"),
    )
    return made


def method_types(currency: str, params: Obj) -> list[str]:
    """The dynamic payment methods of a currency, less what the caller excluded or did not allow."""
    offered = ["card"]
    if currency in {"usd", "eur"}:
        offered.append(debit_type(currency))
    allowed = params.get("allowed_payment_method_types")
    excluded = params.get("excluded_payment_method_types") or []
    return [one for one in offered if (not allowed or one in allowed) and one not in excluded]


def card_options(params: Obj) -> Obj:
    """`payment_method_options` with Stripe's defaults for cards."""
    given = (params.get("payment_method_options") or {}).get("card") or {}
    card = {"installments": None, "mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
    return {"card": {**card, **given}}
