"""Payment policies: how a kind of auction house wants its money collected.

A policy is a value; nothing asks its name.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from domain.errors import OfferRefused
from domain.money import Money


class AttemptKind(StrEnum):
    """Which Stripe object a buyer pays through."""

    #: Stripe's hosted page. Its `expires_at` lies 30 minutes to 24 hours after its creation.
    CHECKOUT = "checkout"
    #: A payment intent for Stripe Elements on the buyer's page. It never expires by itself.
    PAYMENT_INTENT = "payment_intent"


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one way to collect."""

    name: str
    kind: AttemptKind
    #: From the opening of the first checkout to the end.
    window: timedelta
    #: Waits before each retry, counted from the newest decline; the last one is used for all further ones.
    retry_backoff: tuple[timedelta, ...]
    #: Stripe objects opened after the first one because of declines. None: as many as fit into the window.
    retry_limit: int | None
    #: The longest time by which operators may extend a window, over all extensions.
    max_extension: timedelta
    card_only: bool = False
    #: Currencies that it takes; None: all of Stripe's.
    currencies: frozenset[str] | None = None

    def admit(self, amount: Money) -> None:
        """Raise `OfferRefused` if this policy cannot collect that amount."""
        if self.currencies is not None and amount.currency not in self.currencies:
            taken = ", ".join(sorted(self.currencies))
            raise OfferRefused("currency_not_in_policy", f"policy {self.name} takes {taken}, not {amount.currency}")


def standard(
    *, window: timedelta, retry_limit: int, retry_backoff: tuple[timedelta, ...], max_extension: timedelta
) -> Policy:
    """The marketplace's way: Stripe's hosted page, a long window, a few retries."""
    return Policy("standard", AttemptKind.CHECKOUT, window, retry_backoff, retry_limit, max_extension)


def instant(*, window: timedelta, max_extension: timedelta) -> Policy:
    """The secret threshold's way: card fields on our page, minutes only, US dollars, tries without limit."""
    return Policy(
        "instant",
        AttemptKind.PAYMENT_INTENT,
        window,
        retry_backoff=(),
        retry_limit=None,
        max_extension=max_extension,
        card_only=True,
        currencies=frozenset({"USD"}),
    )
