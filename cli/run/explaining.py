"""Compares our books with Stripe's once more when a sale is over: fees are read in bulk, half an hour after the money.

It is what `gavelpay reconcile` does with the money. A long-running system does it by itself, at a hundredth of a call
for each payment; whoever waits for a sale to end wants to see the end.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from cli.opening import open_app
from runtime.app import App
from services.reconcile import DEFAULT_SPAN

#: Stripe books a charge some time after it took the money; so often it is asked, this many seconds apart.
TRIES: Final = 6
SECONDS: Final = 5.0
_FEES_MISSING: Final = "SELECT count(*) FROM transactions WHERE stripe_fee_minor IS NULL AND created_at > %s"


@dataclass(frozen=True, slots=True)
class Explained:
    """What Stripe's books and ours say of each other."""

    #: Minor units by currency that are neither an order nor a refund; all must be 0.
    unexplained: Mapping[str, int]
    fees_missing: int


def explain_money(environ: Mapping[str, str], nap: Callable[[float], object]) -> Explained:
    """Read Stripe's books of the last day, until all fees are known or patience is over.

    Raises:
        GatewayUnavailable, GatewayRefused: Stripe did not tell.
    """
    with open_app(environ) as app:
        missing = _compare(app)
        for _ in range(TRIES - 1):
            if not missing:
                break
            nap(SECONDS)
            missing = _compare(app)
        return Explained(app.explain_money.unexplained(), missing)


def _compare(app: App) -> int:
    since = app.now() - DEFAULT_SPAN
    app.explain_money.everything(since)
    return int(app.database.rows(_FEES_MISSING, (since,))[0][0])
