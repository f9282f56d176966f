"""What explains payments, put together."""

from collections.abc import Mapping

from domain.clock import Clock
from domain.money import Money
from domain.policies import Policy
from models.unit_of_work import Begin
from runtime.settings import Settings
from services.explain_payment import ExplainPayment


def build_explaining(settings: Settings, begin: Begin, policies: Mapping[str, Policy], now: Clock) -> ExplainPayment:
    """What says why a payment stands where it stands."""
    dollars = Money.read(str(settings.money.refund_two_people_above), "USD")
    rate = float(settings.stripe.requests_per_second)
    return ExplainPayment(begin, policies, settings.windows.sweep, rate, dollars, now)
