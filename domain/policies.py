"""Payment policies: how a kind of auction house wants its money collected.

A policy is a value; nothing asks its name.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from domain.errors import OfferRefused
from domain.money import Money, exponent_of

#: Decimal places of most currencies.
_HUNDREDTHS = 2


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
    #: From this amount on the buyer's bank is asked to confirm (3-D Secure); in hundredths of a major unit.
    three_ds_from: int | None = None
    card_only: bool = False
    #: Currencies that it takes; None: all of Stripe's.
    currencies: frozenset[str] | None = None
    #: How long before the end the buyer is reminded; zero: never.
    reminder: timedelta = timedelta()

    def asks_three_d_secure(self, amount: Money) -> bool:
        """Whether the buyer's bank is asked to confirm a payment of this amount.

        The threshold is one number for all currencies. Those without minor units are counted in hundreds, which is
        near enough to tell a large amount from a small one.
        """
        if self.three_ds_from is None:
            return False
        step = 10 if exponent_of(amount.currency) > _HUNDREDTHS else 1
        return amount.minor >= self.three_ds_from * step

    def admit(self, amount: Money) -> None:
        """Raise `OfferRefused` if this policy cannot collect that amount."""
        if self.currencies is not None and amount.currency not in self.currencies:
            taken = ", ".join(sorted(self.currencies))
            raise OfferRefused("currency_not_in_policy", f"policy {self.name} takes {taken}, not {amount.currency}")


def standard(
    *,
    window: timedelta,
    retry_limit: int,
    retry_backoff: tuple[timedelta, ...],
    max_extension: timedelta,
    three_ds_from: int | None = None,
    reminder: timedelta = timedelta(),
) -> Policy:
    """The marketplace's way: Stripe's hosted page, a long window, a few retries."""
    return Policy(
        "standard",
        AttemptKind.CHECKOUT,
        window,
        retry_backoff,
        retry_limit,
        max_extension,
        three_ds_from,
        reminder=reminder,
    )


def instant(*, window: timedelta, max_extension: timedelta, three_ds_from: int | None = None) -> Policy:
    """The secret threshold's way: card fields on our page, minutes only, US dollars, tries without limit."""
    return Policy(
        "instant",
        AttemptKind.PAYMENT_INTENT,
        window,
        retry_backoff=(),
        retry_limit=None,
        max_extension=max_extension,
        three_ds_from=three_ds_from,
        card_only=True,
        currencies=frozenset({"USD"}),
    )
