"""What a sandbox is told at its start."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.stripe.limits import RateLimits

#: Obvious fakes; nothing outside the sandbox takes them.
SECRET_KEY = "sk_test_sandbox_gavelpay"  # noqa: S105
PUBLISHABLE_KEY = "pk_test_sandbox_gavelpay"


@dataclass(frozen=True, slots=True)
class Settings:
    """How this Stripe behaves. Delays are seconds on the sandbox's own clock."""

    secret_keys: tuple[str, ...] = (SECRET_KEY,)
    publishable_keys: tuple[str, ...] = (PUBLISHABLE_KEY,)
    #: Where buyers reach the hosted pages; the HTTP shell sets its own address.
    public_url: str = "http://127.0.0.1:12111"
    #: Where a mailbox has its pages, which are found here as well; None: there is none.
    mailbox_url: str | None = None
    #: Currencies that are settled in another: charged currency → (settlement currency, units of it for one unit).
    settlement: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    #: From a payment to its balance transaction (asynchronous capture).
    capture_delay: float = 1.0
    #: From a bank debit's order to its settlement; None: only when told to.
    settlement_delay: float | None = None
    #: From a refund that is not at once to its end.
    refund_delay: float = 2.0
    #: From a payment by a "dispute" or "fraud warning" card to the dispute or warning.
    trouble_delay: float = 1.0
    #: Waits after each failed delivery of a webhook; after the last one it is given up.
    webhook_retries: tuple[float, ...] = (1, 2, 4, 8, 15, 30, 60, 120, 300)
    #: How long idempotency keys are remembered.
    key_memory: float = 86_400
    limits: RateLimits = field(default_factory=RateLimits)
