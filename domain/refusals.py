"""What the auction service is told of a request that came by the queue and was refused."""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from domain.errors import OfferRefused
from domain.messages import PaymentRequired
from domain.payment import Announcement


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request, and why the rules do not permit it."""

    request: PaymentRequired
    why: OfferRefused

    @property
    def key(self) -> str:
        """The same for every repeat of the request while the same thing is in its way; another one otherwise.

        So a producer that repeats itself is told once, and is told again when another payment has taken the auction.
        """
        asked, amount = self.request, self.request.amount
        parts = (asked.auction_id, asked.buyer_id, asked.request_id, asked.maker_id, asked.policy)
        cause = (self.why.code, str(self.why), str(self.why.blocked_by))
        return sha256(json.dumps((*parts, amount.minor, amount.currency, *cause)).encode()).hexdigest()

    def announcement(self, at: datetime) -> Announcement:
        """The event. It names no payment: this request has none, and the one in its way belongs to somebody else."""
        asked = self.request
        data = {
            "auctionId": asked.auction_id,
            "sessionId": None,
            "buyerId": asked.buyer_id,
            "reason": self.why.code,
            # With the same request id, the amount tells the refused request from the one that was accepted before.
            "amount": str(asked.amount.major),
            "currency": asked.amount.currency,
        }
        named = {"requestId": asked.request_id} if asked.request_id else {}
        return Announcement("auction.payment_failed", asked.auction_id, at, data | named)
