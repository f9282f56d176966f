"""Accounts: the platform's own, and connected ones."""

from typing import Final

from sandbox.stripe.objects.lists import empty_list
from sandbox.stripe.schema import blank
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World

PLATFORM: Final = "acct_1SandboxPlatform"
#: Nothing is missing: a sandbox account is verified at once.
SATISFIED: Final[Obj] = {
    "alternatives": [],
    "current_deadline": None,
    "currently_due": [],
    "disabled_reason": None,
    "errors": [],
    "eventually_due": [],
    "past_due": [],
    "pending_verification": [],
}
NAME: Final = "Gavelpay Sandbox"


def account(world: World, account_id: str, params: Obj) -> Obj:
    """An account that may take payments and be paid out; not saved."""
    made = blank("account")
    country = params.get("country", "US")
    connected = account_id != PLATFORM
    profile = params.get("business_profile", {})
    made.update(
        id=account_id,
        object="account",
        business_profile={
            "annual_revenue": None,
            "estimated_worker_count": None,
            "mcc": None,
            "minority_owned_business_designation": None,
            "monthly_estimated_revenue": None,
            "name": NAME if not connected else None,
            "product_description": None,
            "specified_commercial_transactions_act_url": None,
            "support_address": None,
            "support_email": None,
            "support_phone": None,
            "support_url": None,
            "url": None,
            **{
                name: profile[name] or None for name in ("mcc", "name", "product_description", "url") if name in profile
            },
        },
        business_type=params.get("business_type"),
        capabilities={"card_payments": "active", "transfers": "active"},
        charges_enabled=True,
        controller={"is_controller": True, "type": "application"} if connected else {"type": "account"},
        country=country,
        created=world.now,
        default_currency=params.get("default_currency", "usd" if country == "US" else "eur"),
        details_submitted=True,
        email=params.get("email"),
        external_accounts=empty_list(f"/v1/accounts/{account_id}/external_accounts"),
        future_requirements=dict(SATISFIED),
        metadata=dict(params.get("metadata") or {}),
        payouts_enabled=True,
        requirements=dict(SATISFIED),
        settings=_settings(),
        tos_acceptance={"date": world.now, "ip": None, "user_agent": None},
        type=params.get("type", "none" if connected and "controller" in params else "standard"),
    )
    return made


def _settings() -> Obj:
    schedule = {"delay_days": 2, "interval": "daily"}
    descriptors: Obj = dict.fromkeys(("statement_descriptor_kana", "statement_descriptor_kanji"))
    prefixes: Obj = dict.fromkeys(("statement_descriptor_prefix_kana", "statement_descriptor_prefix_kanji"))
    return {
        "bacs_debit_payments": {"display_name": None, "service_user_number": None},
        "branding": dict.fromkeys(("icon", "logo", "primary_color", "secondary_color")),
        "card_issuing": {"tos_acceptance": {"date": None, "ip": None, "user_agent": None}},
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": None,
            **prefixes,
        },
        "dashboard": {"display_name": NAME, "timezone": "Etc/UTC"},
        "invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": "offer"},
        "payments": {"statement_descriptor": "GAVELPAY SANDBOX", **descriptors, **prefixes},
        "payouts": {"debit_negative_balances": True, "schedule": schedule, "statement_descriptor": None},
        "sepa_debit_payments": {},
    }
