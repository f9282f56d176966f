"""The two payment policies, and the rules of windows, fees and care that hold for both."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

from runtime.settings import forms
from runtime.settings.variable import Group, group, variable

# 20 seconds are 0.333… minutes, and a second 0.0166…: the bounds lie a little below, so that a rounded value passes.
_SHORTEST_WINDOW: Final = "0.33"
_SHORTEST_BACKOFF: Final = "0.016"
#: 30 days: as far back as Stripe lists its events, by which a forgotten payment is found again.
_MONTH: Final = "43200"


@group
class StandardPolicySettings(Group):
    """The `standard` policy: hosted Checkout with planned retries."""

    window: timedelta = variable(
        "PAYMENT_WINDOW_MINUTES",
        forms.minutes(_SHORTEST_WINDOW, _MONTH),
        "How long a buyer has to pay, from the first checkout on.",
        default="1440",
    )
    retry_limit: int = variable(
        "PAYMENT_RETRY_LIMIT", forms.whole(0, 20), "Further attempts after a failed one.", default="3"
    )
    retry_backoff: tuple[timedelta, ...] = variable(
        "PAYMENT_RETRY_BACKOFF_MINUTES",
        forms.minutes_list(_SHORTEST_BACKOFF, "1440", 20),
        "How long after a decline each further attempt is opened; the last one repeats.",
        default="[1,5,15]",
    )
    reminder: timedelta = variable(
        "PAYMENT_REMINDER_MINUTES",
        forms.minutes("0", _MONTH),
        "How long before the window's end the buyer is reminded; 0 for never.",
        default="120",
    )


@group
class InstantPolicySettings(Group):
    """The `instant` policy: a card form on the page, and minutes to pay."""

    window: timedelta = variable(
        "INSTANT_WINDOW_MINUTES",
        forms.minutes(_SHORTEST_WINDOW, "1440"),
        "How long a buyer has to pay under the instant policy.",
        default="10",
    )


@group
class WindowSettings(Group):
    """How windows end, for both policies."""

    sweep: timedelta = variable(
        "PAYMENT_WINDOW_SWEEP_SECONDS",
        forms.seconds("0.1", "3600"),
        "How often due windows, due retries and open attempts are looked at.",
        default="15",
    )
    grace: timedelta = variable(
        "PAYMENT_WINDOW_GRACE_SECONDS",
        forms.seconds("0", "300"),
        "How long after its end a window is closed, for payments whose news is on the way.",
        default="10",
    )
    max_extension: timedelta = variable(
        "PAYMENT_MAX_EXTENSION_MINUTES",
        forms.minutes("0", _MONTH),
        "The most by which a window may be extended in all.",
        default="2880",
    )
    late_policy: forms.LatePolicy = variable(
        "PAYMENT_LATE_POLICY",
        forms.late_policy(),
        "What happens to money that arrives after the end: refund it, or honor it while the lot is not offered again.",
        default="refund",
    )


@group
class MoneySettings(Group):
    """Fees, and the amounts from which more care is taken. Thresholds are major units of USD."""

    platform_fee_basis_points: int = variable(
        "PLATFORM_FEE_BASIS_POINTS",
        forms.whole(0, 10_000),
        "The platform's fee in hundredths of a percent.",
        default="500",
    )
    three_ds_threshold: Decimal = variable(
        "THREE_DS_THRESHOLD", forms.money("1000000"), "From this amount on, 3-D Secure is asked for.", default="500.00"
    )
    refund_two_people_above: Decimal = variable(
        "REFUND_TWO_PEOPLE_ABOVE",
        forms.money("1000000"),
        "Above this amount a refund needs a second person's consent.",
        default="1000.00",
    )
