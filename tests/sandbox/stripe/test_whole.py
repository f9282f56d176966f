"""Whatever buyers, banks, merchants and time do in whatever order, Stripe's own promises hold."""

import random
from contextlib import suppress
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.stripe.core import StripeCore
from sandbox.stripe.errors import StripeError
from sandbox.stripe.faults import Fault
from sandbox.stripe.settings import SECRET_KEY, Settings
from sandbox.stripe.wire import Request
from tests.sandbox.stripe.caller import LAMP, START, Caller
from tests.sandbox.stripe.sdk_shapes import differences

CARDS = ("visa", "declined", "3ds", "bank_debit", "bank_debit_fails", "dispute", "elevated", "refund_fails", "highest")
ACTS = st.one_of(
    st.tuples(st.just("open"), st.just("")),
    st.tuples(st.just("pay"), st.sampled_from(CARDS)),
    st.tuples(st.sampled_from(["pass", "fail", "settle", "bounce", "expire", "refund", "part", "cancel"]), st.just("")),
    st.tuples(st.just("wait"), st.sampled_from(["1", "3", "100", "90000"])),
)


def act(call: Caller, kind: str, detail: str, rng: random.Random) -> None:
    sessions = list(call.core.world.store.table("checkout.session").oldest())
    if kind == "open" or not sessions:
        call.checkout()
        return
    session: dict[str, Any] = rng.choice(sessions)
    intent = session["payment_intent"]
    forms = {"refund": f"payment_intent={intent}", "part": f"payment_intent={intent}&amount=1700"}
    with suppress(StripeError):
        if kind == "pay":
            call.core.pay(session["id"], detail)
        elif kind in {"pass", "fail"}:
            call.core.authenticate(session["id"], passed=kind == "pass")
        elif kind in {"settle", "bounce"}:
            call.core.settle(session["id"], passed=kind == "settle")
        elif kind == "expire":
            call.raw("POST", f"/v1/checkout/sessions/{session['id']}/expire")
        elif kind == "wait":
            call.core.advance(float(detail))
        elif kind == "cancel" and intent:
            call.raw("POST", f"/v1/payment_intents/{intent}/cancel")
        elif kind in forms and intent:
            call.raw("POST", "/v1/refunds", forms[kind])


@settings(max_examples=60, deadline=None)
@given(acts=st.lists(ACTS, max_size=30), seed=st.integers(0, 1000))
def test_any_order_of_acts_keeps_stripes_promises(acts: list[tuple[str, str]], seed: int) -> None:
    call, rng = Caller(Settings(settlement_delay=200)), random.Random(seed)  # noqa: S311
    for kind, detail in acts:
        act(call, kind, detail, rng)
    call.core.advance(100_000)
    store = call.core.world.store
    for session in store.table("checkout.session").oldest():
        charges = store.where("charge", "payment_intent", session["payment_intent"] or "-")
        paid = [one for one in charges if one["paid"]]
        assert len(paid) == (1 if session["payment_status"] == "paid" else 0)
        assert session["status"] in {"complete", "expired"}
        assert session["url"] is None
        for charge in paid:
            refunds = store.where("refund", "charge", charge["id"])
            kept = [one["amount"] for one in refunds if one["status"] in {"pending", "succeeded"}]
            assert charge["amount_refunded"] == sum(kept) <= charge["amount"]
            assert charge["balance_transaction"] is not None
    moved = sum(row["amount"] for row in store.table("balance_transaction").oldest())
    totals = call.core.books()["totals"].get("usd", {"kept": 0})
    lost = sum(row["amount"] for row in store.table("dispute").oldest() if row["status"] != "won")
    assert moved == totals["kept"] - lost
    times = [row["created"] for row in store.table("event").oldest()]
    assert times == sorted(times)
    rows = [orjson.loads(orjson.dumps(row)) for row in store.table("event").oldest()]
    assert [one for row in rows for one in differences(row["data"]["object"], row["data"]["object"]["object"])] == []


def story(seed: int) -> list[bytes]:
    """Everything that the endpoint hears in one run."""
    faults = [Fault("webhook_repeat", probability=0.3), Fault("webhook_reorder", probability=0.5, seconds=9)]
    core = StripeCore(lambda: START, random.Random(seed), faults=faults)  # noqa: S311
    core.listen("https://x.example/", "whsec_x")
    heard: list[bytes] = []
    for card in ("visa", "declined", "dispute"):
        request = Request.of("POST", "/v1/checkout/sessions", LAMP, {"Authorization": f"Bearer {SECRET_KEY}"})
        core.pay(core.handle(request).json()["id"], card)
        for _ in range(5):
            core.advance(2)
            for delivery in core.take_deliveries():
                heard.append(delivery.headers["Stripe-Signature"].encode() + delivery.body)
                core.report_delivery(delivery.id, 200)
    return heard


def test_the_same_seed_tells_the_same_story_to_the_byte() -> None:
    assert story(1) == story(1)
    assert story(1) != story(2)
