"""What the use cases ask of Stripe, as verbs of this domain.

A decision is a value; a failure to ask is an exception: `GatewayUnavailable` (the outcome is unknown, ask again with
the same key), `GatewayBusy` (nothing was done, ask again later), `GatewayRefused` (it never will).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from domain.attempt import CheckoutAttempt
from domain.facts import Fact, RefundReported
from domain.money import Money
from domain.policies import AttemptKind
from domain.transaction import Refund


@dataclass(frozen=True, slots=True)
class Opened:
    """A Stripe object that a buyer can pay through."""

    #: The Checkout Session, where one was opened.
    checkout_id: str | None
    payment_intent_id: str | None
    #: The hosted page, where there is one.
    url: str | None
    #: For Stripe Elements, where they are used.
    client_secret: str | None
    #: When Stripe closes it by itself.
    expires_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Booking:
    """A charge in Stripe's own books, with what Stripe kept."""

    balance_transaction_id: str
    charge_id: str
    fee: Money
    net: Money


class PaymentGateway(Protocol):
    """Stripe. Every call may be made twice: each mutating one carries a key that was stored before it."""

    def open(self, kind: AttemptKind, request: Mapping[str, Any], *, idempotency_key: str) -> Opened:
        """Open a checkout or payment intent with exactly these parameters."""

    def find(self, attempt: CheckoutAttempt) -> Opened | None:
        """Find what an attempt may have opened, by its metadata; None if Stripe has nothing of it."""

    def close(self, attempt: CheckoutAttempt, *, idempotency_key: str) -> Sequence[Fact]:
        """Close what an attempt opened, and tell what became of it: closed, paid, or money on its way."""

    def look_up(self, attempt: CheckoutAttempt) -> Sequence[Fact]:
        """Tell what became of an attempt; empty if nothing has happened yet."""

    def refund(self, request: Mapping[str, Any], *, idempotency_key: str) -> RefundReported:
        """Send money back, with exactly these parameters."""

    def find_refund(self, refund: Refund) -> RefundReported | None:
        """Find what was asked for a refund, by its metadata; None if Stripe has nothing of it."""

    def bookings(self, *, created_from: datetime, created_to: datetime) -> Sequence[Booking]:
        """The charges that Stripe booked in that time (both ends included), a hundred a call."""

    def booking(self, balance_transaction_id: str) -> Booking:
        """One charge in Stripe's books."""
