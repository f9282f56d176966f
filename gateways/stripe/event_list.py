"""Which events are worth listing, to find the ones whose webhooks were lost."""

from collections.abc import Sequence
from typing import Final

from gateways.stripe.events import HANDLED

#: Stripe takes so many types in one call.
MOST_TYPES: Final = 20
#: What these tell comes in bulk with the movements on our balance, or matters for a moment only. Listing them too would
#: double the pages.
_TOLD_OTHERWISE: Final = frozenset(
    {
        "charge.succeeded",
        "charge.updated",
        "charge.refunded",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "payment_intent.requires_action",
    }
)
#: What a payment intent tells of money that its checkout tells as well. Without one of its own it need not be listed.
_OF_INTENTS: Final = frozenset({"payment_intent.succeeded"})


def watched(*, intents: bool) -> Sequence[Sequence[str]]:
    """The types to list, in as many calls as Stripe makes us take.

    Args:
        intents: whether payment intents of their own were opened lately.
    """
    types = sorted(HANDLED - _TOLD_OTHERWISE - (frozenset() if intents else _OF_INTENTS))
    return [types[first : first + MOST_TYPES] for first in range(0, len(types), MOST_TYPES)]
