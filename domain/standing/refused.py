"""Why there is no payment: the request was refused."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from domain.standing.explanation import NOTHING, Explanation, Step, say

_BECAUSE: Final[Mapping[str, str]] = {
    "auction_has_live_session": "another buyer's payment is open for this auction",
    "conflicting_request": "the same request came before with other terms",
    "currency_not_in_policy": "the policy does not take this currency",
    "seller_is_buyer": "the seller cannot pay for the own lot",
    "url_not_allowed": "it names an address that is not allowed",
}


def explain_refusal(code: str, told_at: datetime) -> Explanation:
    """Explain a request that the rules do not permit.

    Args:
        code: the stable word of the rule.
        told_at: when the auction service was told.
    """
    because = _BECAUSE.get(code, code.replace("_", " "))
    why = say("There is no payment: {because}. Told to the auction {t}.", because=because, t=told_at)
    return Explanation("search.refused", why, (Step(say("Nothing.")),), NOTHING)
