"""A whole checkout for a test: from the message on the queue, by a test card, to the receipt.

It pays in test mode only, by the way of all others: the message is one that any producer may send, and the news come as
Stripe's webhooks do. Its policy is `instant`, the one whose payment needs no browser.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter, Gauge

from domain.errors import GavelpayError, PermanentError
from domain.lifecycle import Status
from domain.payment import Payment

T = TypeVar("T")

#: Seconds between two looks.
_LOOK: Final = 0.2
#: Where a payment stops for good.
_OVER: Final = frozenset({Status.EXPIRED, Status.CANCELED})


class LiveKey(PermanentError):
    """The keys are live ones: a test of this kind would move real money."""

    code = "live_key"


class CheckFailed(PermanentError):
    """The checkout did not come through. `stage` is the step that did not."""

    code = "synthetic_check_failed"

    def __init__(self, stage: str, why: str) -> None:
        super().__init__(f"{stage}: {why}")
        self.stage = stage


@dataclass(frozen=True, slots=True)
class Passed:
    """A checkout that came through, and the seconds until each step was done."""

    session_id: UUID
    seconds: dict[str, float]

    @property
    def total(self) -> float:
        """Seconds from the message to the receipt."""
        return max(self.seconds.values())


class SyntheticMetrics:
    """What the check tells Prometheus."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._success = Gauge(
            "payments_synthetic_checkout_success", "1 if the last whole checkout came through", registry=registry
        )
        self._seconds = Gauge(
            "payments_synthetic_checkout_seconds", "What the last one that came through took", registry=registry
        )
        self._at = Gauge(
            "payments_synthetic_checkout_timestamp_seconds",
            "When it was last tried, in Unix seconds",
            registry=registry,
        )
        self._failures = Counter(
            "payments_synthetic_checkout_failures_total", "Checkouts that did not", ["stage"], registry=registry
        )

    def passed(self, passed: Passed) -> None:
        """It came through."""
        self._success.set(1)
        self._seconds.set(passed.total)
        self._at.set_to_current_time()

    def failed(self, stage: str) -> None:
        """It did not."""
        self._success.set(0)
        self._at.set_to_current_time()
        self._failures.labels(stage).inc()


@dataclass(frozen=True, slots=True)
class SyntheticCheck:
    """Does one checkout after the other, each under an auction and a buyer of its own.

    Args:
        send: puts a request for payment on the queue, as any producer would.
        find: the payments of an auction.
        pay: pays the intent with this id as a buyer would; gives its status.
        has_receipt: whether a payment's receipt is issued.
        patience: seconds that each step may take.
    """

    send: Callable[[dict[str, str]], None]
    find: Callable[[str], list[Payment]]
    pay: Callable[[str], str]
    has_receipt: Callable[[UUID], bool]
    patience: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def __call__(self) -> Passed:
        """Do one.

        Raises:
            CheckFailed: a step was not done in time, or ended otherwise.
        """
        begun, name = self.clock(), f"synthetic-{secrets.token_hex(8)}"
        seconds: dict[str, float] = {}

        def step(stage: str, do: Callable[[], T | None]) -> T:
            result = self._await(stage, do)
            seconds[stage] = round(self.clock() - begun, 3)
            return result

        step("message", lambda: self._sent(name))
        payment = step("session", lambda: next(iter(self.find(name)), None))
        session_id = payment.session.id
        step("intent", lambda: _intent(self._now(name)))
        step("payment", lambda: self.pay(_intent(self._now(name)) or ""))
        step("completed", lambda: self._completed(name))
        step("receipt", lambda: self.has_receipt(session_id) or None)
        return Passed(session_id, seconds)

    def _sent(self, name: str) -> bool:
        self.send(
            {
                "auction_id": name,
                "buyer_id": name,
                "maker_id": "synthetic-maker",
                "amount": "1.00",
                "currency": "USD",
                "policy": "instant",
                "title": "Synthetic check",
            }
        )
        return True

    def _now(self, name: str) -> Payment:
        return self.find(name)[0]

    def _completed(self, name: str) -> bool | None:
        status = self._now(name).session.status
        if status in _OVER:
            raise CheckFailed("completed", f"the payment is {status}")
        return True if status is Status.COMPLETED else None

    def _await(self, stage: str, do: Callable[[], T | None]) -> T:
        until = self.clock() + self.patience
        while self.clock() < until:
            try:
                found = do()
            except CheckFailed:
                raise
            except GavelpayError as error:
                raise CheckFailed(stage, str(error)) from error
            if found is not None:
                return found
            self.sleep(_LOOK)
        raise CheckFailed(stage, f"not done within {self.patience:g} s")


def _intent(payment: Payment) -> str | None:
    attempt = payment.live_attempt
    return attempt.stripe_payment_intent_id if attempt else None
