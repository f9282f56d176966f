"""`gavelpay synthetic`: the check itself, and that it touches no real money."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from click.testing import Result
from prometheus_client import CollectorRegistry

from domain.lifecycle import Status
from domain.messages import read_payment_required
from proof.synthetic import CheckFailed, SyntheticCheck, SyntheticMetrics
from runtime.operator_stripe import build_operator_stripe
from tests.house import House


def check_of(home: House, ticks: Iterator[int], *, hears: bool = True) -> SyntheticCheck:
    """A check in whose pauses the house works."""
    stripe = build_operator_stripe(home.app.settings, home.time)

    def work(_seconds: float) -> None:
        home.work()
        if hears:
            home.hear()
        home.issue()

    def has_receipt(session_id: UUID) -> bool:
        return any(one.download_url for one in home.app.receipts.view.of_payment(session_id))

    def pay(intent: str) -> str:
        try:
            return stripe.pay_with_test_card(intent, "https://pay.example.com/", idempotency_key=intent)
        finally:
            stripe.close_connections()

    return SyntheticCheck(
        send=lambda message: home.app.require_payments([read_payment_required(message)]),
        find=lambda auction_id: list(home.app.view_payments.listed(auction_id=auction_id)),
        pay=pay,
        has_receipt=has_receipt,
        patience=30,
        clock=lambda: next(ticks),
        sleep=work,
    )


def test_it_goes_from_the_message_to_the_receipt_and_says_so(home: House) -> None:
    registry = CollectorRegistry()
    metrics = SyntheticMetrics(registry)
    passed = check_of(home, count())()
    metrics.passed(passed)
    assert list(passed.seconds) == ["message", "session", "intent", "payment", "completed", "receipt"]
    assert home.payment(passed.session_id).session.status is Status.COMPLETED
    assert registry.get_sample_value("payments_synthetic_checkout_success") == 1
    assert registry.get_sample_value("payments_synthetic_checkout_seconds") == passed.total


def test_it_names_the_step_that_was_not_done(home: House) -> None:
    registry = CollectorRegistry()
    with pytest.raises(CheckFailed, match="completed: not done within 30 s") as failed:
        check_of(home, count(), hears=False)()
    SyntheticMetrics(registry).failed(failed.value.stage)
    assert registry.get_sample_value("payments_synthetic_checkout_failures_total", {"stage": "completed"}) == 1
    assert registry.get_sample_value("payments_synthetic_checkout_success") == 0


def test_live_keys_are_refused_before_anything_is_done(home: House, run: Callable[..., Result]) -> None:
    live: dict[str, Any] = {"STRIPE_SECRET_KEY": "sk_live_" + "x" * 24, "STRIPE_API_BASE": None}
    refused = run("synthetic", **live)
    assert refused.exit_code == 1
    assert "live one" in refused.output
    assert home.app.database.rows("SELECT 1 FROM payment_sessions") == []
