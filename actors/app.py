"""What the actors need of the application: its use cases, each a callable."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.messages import PaymentRequired
from domain.messaging import DeadLetter
from domain.refusals import Refusal
from services.require_payment import Answer


class App(Protocol):
    """The use cases that messages lead to.

    Those behind a bell do one bounded batch of what is due, and answer how many pieces they did; 0: nothing is left.
    All may raise TransientError: the work stays due.
    """

    def require_payments(self, requests: list[PaymentRequired], /) -> list[Answer]:
        """Answer each request, in order."""
        ...

    def keep_dead_letters(self, letters: list[DeadLetter], refusals: Sequence[Refusal] = (), /) -> None:
        """Keep messages that gave up, durably, and tell upstream which of them the rules do not permit."""
        ...

    def open_checkouts(self, *, most: int) -> int:
        """Open what is to be paid: so many pieces at most."""
        ...

    def process_events(self) -> int:
        """Record what Stripe told."""
        ...

    def open_retries(self) -> int:
        """Open the next attempt of what was declined, or ends too early."""
        ...

    def expire_windows(self) -> int:
        """Close the windows that have run out."""
        ...

    def send_refunds(self) -> int:
        """Give money back."""
        ...

    def deliver_events(self, *, endpoint: str) -> int:
        """Tell one of the services downstream."""
        ...

    def reconcile_events(self) -> int:
        """Find lost webhooks in Stripe's list of events."""
        ...

    def reconcile_attempts(self) -> int:
        """Look up attempts that are past due."""
        ...

    def reconcile_refunds(self) -> int:
        """Look up refunds that are past due."""
        ...

    def explain_money(self) -> int:
        """Compare our books with Stripe's."""
        ...

    def reconcile_asked(self) -> int:
        """Compare everything of a time, because somebody asked for it."""
        ...

    def mirror_windows(self) -> int:
        """Compare the windows in Redis with those in PostgreSQL, and mend the former."""
        ...

    def prune(self) -> int:
        """Let go of what is old, and make room for what is to come."""
        ...

    def send_notices(self) -> int:
        """Tell people what they wait to hear."""
        ...

    def issue_receipts(self) -> int:
        """Give receipts their numbers, print and store them."""
        ...

    @property
    def due(self) -> Mapping[str, Callable[[], int]]:
        """For each bell, what counts the pieces of work that are due now, up to some bound."""
        ...

    def now(self) -> datetime:
        """The time."""
        ...

    def new_id(self) -> UUID:
        """A fresh id."""
        ...
