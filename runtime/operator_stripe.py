"""What operators' commands need of the world outside, beside the application."""

from domain.clock import Clock
from gateways.stripe.guard import unguarded
from gateways.stripe.operating import OperatorStripe
from runtime.connecting import STRIPE_TIMEOUT
from runtime.settings import Settings, given


def build_operator_stripe(settings: Settings, now: Clock) -> OperatorStripe:
    """Stripe as operators use it: a call now and then, which waits for no turn."""
    return OperatorStripe(
        given(settings.stripe.secret_key, "STRIPE_SECRET_KEY").reveal(),
        api_base=settings.stripe.api_base,
        guard=unguarded,
        now=now,
        timeout=STRIPE_TIMEOUT,
        connections=1,
    )
