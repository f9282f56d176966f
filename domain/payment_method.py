"""How a buyer has paid, as far as Stripe tells: never a card's number."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(slots=True)
class PaymentMethod:
    """A way that a buyer has paid successfully. Its fields are the columns of `payment_methods`.

    The same card is one row, under whatever ids Stripe gives it from payment to payment.
    """

    id: UUID
    buyer_id: str
    type: str
    brand: str | None
    last4: str | None
    exp_month: int | None
    exp_year: int | None
    #: Stripe's newest id of it.
    stripe_payment_method_id: str | None
    first_used_at: datetime
    last_used_at: datetime
