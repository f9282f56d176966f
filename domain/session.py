"""One buyer's obligation for one auction."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.ids import SessionId
from domain.lifecycle import Status
from domain.money import Money


@dataclass(slots=True)
class PaymentSession:
    """One buyer's obligation for one auction. Its fields are the columns of `payment_sessions`."""

    id: SessionId
    auction_id: str
    buyer_id: str
    maker_id: str
    intake_key: str
    policy: str
    amount_minor: int
    currency: str
    created_at: datetime
    updated_at: datetime
    #: Provisional until the first checkout opens; from then on what the buyer was told.
    window_expires_at: datetime
    status: Status = Status.PENDING
    #: Why it is where it is, as a stable word.
    reason: str | None = None
    title: str | None = None
    description: str | None = None
    locale: str | None = None
    buyer_email: str | None = None
    buyer_phone: str | None = None
    maker_email: str | None = None
    maker_stripe_account: str | None = None
    return_url: str | None = None
    cancel_url: str | None = None
    max_extension_minutes: int | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    risk: dict[str, str] = field(default_factory=dict)
    #: When the first checkout opened; the window counts from then.
    window_started_at: datetime | None = None
    #: Rises with every change of the window; an expiry planned for another version does nothing.
    window_version: int = 1
    #: Seconds by which operators have extended it, over all extensions.
    extended_seconds: int = 0
    #: Attempts opened because of declines.
    retry_count: int = 0
    #: When the next attempt is due: a retry, or one in place of a Stripe object that ends too early.
    next_retry_at: datetime | None = None
    #: Since when a person wants the next attempt at once.
    retry_asked_at: datetime | None = None
    #: 0 to 100, by its risk signals.
    risk_score: int = 0
    #: Since when an operator must decide before the buyer may go on.
    held_at: datetime | None = None
    hold_reason: str | None = None
    completed_at: datetime | None = None
    #: When it became expired or canceled.
    closed_at: datetime | None = None
    #: All of it went back once: the order was canceled, and the lot may be sold again.
    fully_refunded: bool = False
    #: The newest thing that Stripe said about it: attempt, time, rank within that second. Older news change nothing.
    news_attempt: int = 0
    news_at: datetime | None = None
    news_rank: int = 0
    #: The end of its audit chain.
    audit_seq: int = 0
    audit_hash: bytes | None = None

    @property
    def device_id(self) -> str | None:
        """The buyer's device, where the auction told it."""
        return self.risk.get("device_id")

    @property
    def amount(self) -> Money:
        """What was asked."""
        return Money(self.currency, self.amount_minor)
