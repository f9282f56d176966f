"""`/v1/account`, `/v1/accounts` and `/v1/balance`."""

from sandbox.stripe.endpoints import rules
from sandbox.stripe.endpoints.balance_transactions import settled
from sandbox.stripe.endpoints.call import Call
from sandbox.stripe.errors import StripeError
from sandbox.stripe.events import emit
from sandbox.stripe.objects.account import PLATFORM, account
from sandbox.stripe.schema import blank
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World


def own(world: World, _call: Call) -> Obj:
    """The platform's account."""
    return account(world, PLATFORM, {"email": "platform@example.com"})


def create(world: World, call: Call) -> Obj:
    """A connected account, verified at once."""
    params = call.params
    if params.get("email"):
        rules.email(params["email"], "email")
    made = world.store.save(account(world, world.new_id("acct"), params))
    emit(world, "account.updated", made)
    return made


def retrieve(world: World, call: Call) -> Obj:
    """A connected account, or the platform's own."""
    if call.id == PLATFORM:
        return own(world, call)
    found = world.store.find("account", call.id)
    if found is None:
        raise StripeError(
            f"The provided key does not have access to account '{call.id}' (or that account does not exist). "
            "Application access may have been revoked.",
            status=403,
            code="account_invalid",
            executed=True,
        )
    return found


def balance(world: World, _call: Call) -> Obj:
    """What is available and what is pending, by currency."""
    sums: dict[str, dict[str, int]] = {"available": {}, "pending": {}}
    for row in world.store.table("balance_transaction").oldest():
        part = sums[settled(world, row)["status"]]
        part[row["currency"]] = part.get(row["currency"], 0) + row["net"]
    currencies = sorted({"usd", *sums["available"], *sums["pending"]})
    made = blank("balance")
    made.update(object="balance", livemode=False, refund_and_dispute_prefunding={"available": [], "pending": []})
    for name, part in sums.items():
        made[name] = [
            {"amount": part.get(unit, 0), "currency": unit, "source_types": {"card": part.get(unit, 0)}}
            for unit in currencies
        ]
    return made
