"""What the API answers, field by field. Also its documentation."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

from domain.attempt import AttemptStatus
from domain.documents import DocumentKind
from domain.lifecycle import Status
from domain.policies import AttemptKind
from domain.receipt import ReceiptStatus
from domain.transaction import Disposition, RefundStatus, TransactionStatus

#: Major units, exact.
Amount = Annotated[Decimal, WithJsonSchema({"type": "number", "examples": [275.5]})]


class Shape(BaseModel):
    """An object of the API: camelCase outside."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    def document(self) -> dict[str, Any]:
        """Its JSON, before it is written."""
        return self.model_dump(by_alias=True)


class CreatedSession(Shape):
    """The session of a request to pay, as far as the buyer needs it."""

    id: UUID
    stripe_checkout_url: str | None = Field(description="Stripe's page; null while it is not open, and for `instant`.")
    client_secret: str | None = Field(description="For Stripe Elements, with policy `instant`.")
    expires_at: datetime
    status: Status
    pay_page_url: str = Field(description="The buyer's page: who holds the link can pay, and nothing else.")


class Window(Shape):
    """The time that a buyer has."""

    duration: str = Field(examples=["24:00:00"])
    expires_at: datetime


class Created(Shape):
    """The answer to a request to pay."""

    payment_session: CreatedSession
    payment_window: Window


class SessionState(Shape):
    """Where a session stands."""

    id: UUID
    auction_id: str
    buyer_id: str
    maker_id: str
    policy: str
    status: Status
    reason: str | None = Field(
        description="Why it is where it is, as a stable word. After a decline: Stripe's code for staff and the auction "
        "service, `declined` or such as `declined_money` for the buyer, `declined` for the maker. Neither is told of "
        "holds for risk."
    )
    title: str | None
    amount: Amount
    currency: str = Field(examples=["USD"])
    created_at: datetime
    expires_at: datetime
    completed_at: datetime | None
    closed_at: datetime | None = Field(description="When it became expired or canceled.")
    stripe_payment_intent_id: str | None


class Fees(Shape):
    """What is kept of a payment."""

    stripe_fee: Amount | None = Field(description="In `stripeFeeCurrency`; null until Stripe has told it.")
    stripe_fee_currency: str | None
    platform_fee: Amount


class TransactionState(Shape):
    """Money that Stripe took."""

    id: UUID
    status: TransactionStatus
    disposition: Disposition = Field(description="Whether it pays for the lot, or goes back, or is held.")
    amount: Amount
    currency: str
    refunded: Amount
    paid_at: datetime
    stripe_payment_intent_id: str
    method: str | None = Field(examples=["visa 4242"], description="Not for makers.")
    fees: Fees


class TimeLeft(Shape):
    """The time left to pay, by the server's clock. Nothing is left of a payment that is over."""

    expires_at: datetime
    remaining_time: str = Field(examples=["23:41:07"])
    remaining_seconds: int
    server_time: datetime


class Retry(Shape):
    """Whether another attempt may be opened."""

    eligible: bool
    attempts_left: int | None = Field(description="Null: as many as fit into the window.")
    next_at: datetime | None = Field(description="When the next one opens by itself.")
    reason: str | None = Field(description="Why not, as a stable word.")


class ReceiptLink(Shape):
    """A payment's receipt, in short."""

    id: UUID
    receipt_number: str = Field(examples=["CRAFT-2026-000001"])
    download_url: str | None = Field(description="Needs no token, and ends. Null until the receipt is printed.")


class State(Shape):
    """Where a payment stands."""

    payment_session: SessionState
    payment_window: TimeLeft
    retry: Retry
    transaction: TransactionState | None
    receipt: ReceiptLink | None = Field(description="Null until it has a number.")


class AttemptState(Shape):
    """One Stripe object opened for a payment. Buyers and makers are not told why a bank declined in its own words."""

    number: int
    kind: AttemptKind
    status: AttemptStatus
    stripe_checkout_id: str | None
    stripe_payment_intent_id: str | None
    created_at: datetime
    opened_at: datetime | None
    expires_at: datetime | None
    closed_at: datetime | None
    declined_at: datetime | None
    decline_code: str | None = Field(description="For staff.")
    idempotency_key: str | None = Field(description="For staff.")
    last_error: str | None = Field(description="For staff.")


class RefundState(Shape):
    """Money that goes back. Until a second person has agreed, where one must, it is shown to staff alone."""

    id: UUID
    transaction_id: UUID
    status: RefundStatus
    amount: Amount
    currency: str
    reason: str | None = Field(description="For staff.")
    created_at: datetime
    awaits_approval: bool = Field(description="A second person must agree before anything is sent.")
    approval_until: datetime | None = Field(description="It is called off then, if nobody has agreed.")
    requested_by: str | None = Field(description="For staff.", examples=["admin:alice"])
    approved_by: str | None = Field(description="For staff.", examples=["admin:bob"])


class Retried(Shape):
    """The attempt that a retry has opened."""

    attempt: int | None = Field(description="Its number; null while the one before is being closed.")
    stripe_checkout_url: str | None = Field(description="Stripe's page; null while it is not open.")
    expires_at: datetime = Field(description="When the time to pay ends.")


class PaymentMethodState(Shape):
    """A way that a buyer has paid. Never a card's number."""

    id: UUID
    type: str = Field(examples=["card"])
    brand: str | None = Field(examples=["visa"])
    last4: str | None = Field(examples=["4242"])
    exp_month: int | None = Field(examples=[12])
    exp_year: int | None = Field(examples=[2034])
    first_used_at: datetime
    last_used_at: datetime


class PaymentMethods(Shape):
    """How a buyer has paid, the method used last first."""

    data: list[PaymentMethodState]


class Whole(State):
    """A payment with all that belongs to it."""

    attempts: list[AttemptState]
    transactions: list[TransactionState]
    refunds: list[RefundState]


class Page(Shape):
    """Payments, newest first."""

    data: list[SessionState]
    next_cursor: str | None = Field(description="Give it as `cursor` for the next page; null at the end.")


class ReceiptState(Shape):
    """A receipt or a credit note."""

    id: UUID
    receipt_number: str | None = Field(examples=["CRAFT-2026-000001"], description="Null until it has one.")
    kind: DocumentKind
    status: ReceiptStatus
    void: bool = Field(description="A credit note whose refund has come back since.")
    session_id: UUID
    transaction_id: UUID
    refund_id: UUID | None = Field(description="The refund that a credit note tells of.")
    cancels: str | None = Field(description="The number of the receipt that a credit note takes back.")
    amount: Amount
    currency: str
    language: str = Field(examples=["en"])
    template_version: str | None
    occurred_at: datetime = Field(description="When the money came, or went back.")
    issued_at: datetime | None
    sha256: str | None = Field(description="Of the stored bytes, in hexadecimal.")
    size: int | None = Field(description="Their number.")
    download_url: str | None = Field(description="Needs no token, and ends. Null until it is issued.")
    download_expires_at: datetime | None
