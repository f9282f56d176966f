"""What the use cases ask of Stripe, as verbs of this domain.

A decision is a value; a failure to ask is an exception: `GatewayUnavailable` (the outcome is unknown, ask again with
the same key), `GatewayBusy` (nothing was done, ask again later), `KeyReused` (the key is used up: look up what was done
under it), `GatewayRefused` (it never will).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from domain.attempt import CheckoutAttempt
from domain.facts import Fact, RefundReported
from domain.ids import AttemptId
from domain.movements import Movement
from domain.policies import AttemptKind
from domain.transaction import Refund

T = TypeVar("T")


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
class Page(Generic[T]):
    """A part of a list that Stripe keeps newest first."""

    items: Sequence[T]
    #: The id to go on from; None where the list ends.
    after: str | None
    #: When Stripe answered, by its own clock; None if it did not say.
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """What Stripe holds for us in one currency, in minor units."""

    #: It can be paid out.
    available: int = 0
    #: It cannot yet.
    pending: int = 0


class PaymentGateway(Protocol):
    """Stripe. Every call may be made twice: each mutating one carries a key that was stored before it."""

    def open(self, kind: AttemptKind, request: Mapping[str, Any], *, idempotency_key: str) -> Opened:
        """Open a checkout or payment intent with exactly these parameters."""

    def find(self, attempts: Sequence[CheckoutAttempt]) -> Mapping[AttemptId, Opened]:
        """Find what attempts may have opened, by their metadata; Stripe has nothing of those that are missing.

        It costs one walk through a list for all of them, so ask for many at once.
        """

    def close(self, attempt: CheckoutAttempt, *, idempotency_key: str) -> Sequence[Fact]:
        """Close what an attempt opened, and tell what became of it: closed, paid, or money on its way."""

    def look_up(self, attempt: CheckoutAttempt) -> Sequence[Fact]:
        """Tell what became of an attempt; empty if nothing has happened yet."""

    def refund(self, request: Mapping[str, Any], *, idempotency_key: str) -> RefundReported:
        """Send money back, with exactly these parameters."""

    def find_refund(self, refund: Refund) -> RefundReported | None:
        """Find what was asked for a refund, by its metadata; None if Stripe has nothing of it."""

    def look_up_refund(self, refund: Refund) -> RefundReported:
        """Tell what became of a refund that Stripe knows."""

    def list_events(
        self, types: Sequence[str], *, created_from: datetime, created_to: datetime, after: str | None
    ) -> Page[bytes]:
        """A hundred events of at most twenty types of that time (both ends included), as webhooks would bring them."""

    def list_movements(self, *, created_from: datetime, created_to: datetime, after: str | None) -> Page[Movement]:
        """A hundred movements on our balance of that time (both ends included)."""

    def movement(self, movement_id: str) -> Movement:
        """One movement on our balance."""

    def balances(self) -> Mapping[str, Balance]:
        """What is on our balance now, by currency."""
