"""The adapter against the sandbox, over HTTP, with Stripe's real library."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from domain.connect import agree
from domain.errors import FaultSaved, GatewayBusy, GatewayFaulted, GatewayRefused, GatewayUnavailable, KeyReused
from domain.facts import ChargeReported, Closed, Declined, Paid, Processing, RefundReported
from domain.money import Money
from domain.movements import Kind
from domain.policies import AttemptKind
from domain.transaction import RefundStatus
from gateways.stripe.adapter import Stripe
from gateways.stripe.breaker import Breaker
from gateways.stripe.event_list import watched
from gateways.stripe.failures import Contended, RateLimited
from gateways.stripe.finding import SEARCHABLE, Document, find
from gateways.stripe.guard import StripeGuard
from gateways.stripe.limiter import LocalLimiter
from gateways.stripe.movements import movement
from gateways.stripe.slots import Rates
from sandbox.stripe.server import RunningSandbox, running_sandbox
from sandbox.stripe.settings import Settings
from tests.gateways.stripe.builders import attempt, now, recorded, refund_of, request_of, send_back, session, talking_to

CHECKOUT, INTENT = AttemptKind.CHECKOUT, AttemptKind.PAYMENT_INTENT
BOTH = pytest.mark.parametrize("kind", [CHECKOUT, INTENT])
CREATE = {CHECKOUT: "checkout.sessions.create", INTENT: "payment_intents.create"}


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(settings=Settings(capture_delay=0.0), seed=11) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared_sandbox: RunningSandbox) -> Iterator[RunningSandbox]:
    yield shared_sandbox
    shared_sandbox.clear_faults()
    with shared_sandbox.host.using() as core:
        core.reset()
        core.limit()


@pytest.fixture
def stripe(sandbox: RunningSandbox) -> Iterator[Stripe]:
    with talking_to(sandbox.url) as stripe:
        yield stripe


def count(sandbox: RunningSandbox, kind: AttemptKind) -> int:
    table = "checkout.session" if kind is CHECKOUT else "payment_intent"
    return len(list(sandbox.core.world.store.table(table).oldest()))


def test_a_checkout_is_opened_as_asked(stripe: Stripe, sandbox: RunningSandbox) -> None:
    paying = session()
    asked = attempt(paying)
    request = request_of(paying, asked)

    opened = stripe.open(CHECKOUT, request, idempotency_key=asked.idempotency_key)

    assert opened.checkout_id is not None
    assert opened.url is not None
    assert opened.url.startswith(sandbox.url)
    assert opened.payment_intent_id is None, "Stripe makes it when the buyer confirms"
    assert opened.expires_at is not None
    assert opened.expires_at.timestamp() == request["expires_at"]
    made = sandbox.core.world.store.find("checkout.session", opened.checkout_id)
    assert made is not None
    assert (made["amount_total"], made["currency"]) == (27550, "usd")
    assert made["metadata"]["payment_session_id"] == str(paying.id)


def test_a_payment_intent_is_opened_as_asked(stripe: Stripe) -> None:
    paying = session(policy="instant")
    asked = attempt(paying, INTENT)
    opened = stripe.open(INTENT, request_of(paying, asked), idempotency_key=asked.idempotency_key)
    assert opened.checkout_id is None
    assert opened.payment_intent_id is not None
    assert opened.client_secret is not None
    assert opened.client_secret.startswith(opened.payment_intent_id)
    assert opened.expires_at is None


@BOTH
def test_the_same_key_gives_the_same_object(stripe: Stripe, sandbox: RunningSandbox, kind: AttemptKind) -> None:
    paying = session()
    asked = attempt(paying, kind)
    request = request_of(paying, asked)
    answers = {stripe.open(kind, request, idempotency_key=asked.idempotency_key) for _ in range(3)}
    assert len(answers) == 1
    assert count(sandbox, kind) == 1


@BOTH
@pytest.mark.parametrize("lost", ["lost_before", "lost_after"])
def test_a_lost_reply_is_an_unknown_outcome_and_asking_again_opens_one(
    stripe: Stripe, sandbox: RunningSandbox, kind: AttemptKind, lost: str
) -> None:
    paying = session()
    asked = attempt(paying, kind)
    request = request_of(paying, asked)
    sandbox.fault(lost, CREATE[kind], count=1)
    with pytest.raises(GatewayUnavailable) as silence:
        stripe.open(kind, request, idempotency_key=asked.idempotency_key)
    assert silence.type is GatewayUnavailable
    found_between = stripe.find([asked]).get(asked.id)
    opened = stripe.open(kind, request, idempotency_key=asked.idempotency_key)
    assert count(sandbox, kind) == 1
    assert (found_between == opened) is (lost == "lost_after")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_error_of_stripes_own_is_told_apart_from_silence(
    stripe: Stripe, sandbox: RunningSandbox, status: int
) -> None:
    paying = session()
    asked = attempt(paying)
    request = request_of(paying, asked)
    sandbox.fault("error_before", CREATE[CHECKOUT], count=1, status=status)
    with pytest.raises(GatewayFaulted):
        stripe.open(CHECKOUT, request, idempotency_key=asked.idempotency_key)
    stripe.open(CHECKOUT, request, idempotency_key=asked.idempotency_key)
    assert count(sandbox, CHECKOUT) == 1


@BOTH
def test_what_was_opened_under_a_saved_error_is_found(
    stripe: Stripe, sandbox: RunningSandbox, kind: AttemptKind
) -> None:
    paying = session()
    asked, other = attempt(paying, kind), attempt(paying, kind, number=2)
    sandbox.fault("error_after", CREATE[kind], count=1)
    for answer in (GatewayFaulted, FaultSaved):
        with pytest.raises(answer):
            stripe.open(kind, request_of(paying, asked), idempotency_key=asked.idempotency_key)
    found = stripe.find([other, asked])
    assert list(found) == [asked.id]
    assert found[asked.id].checkout_id or found[asked.id].payment_intent_id


def test_what_a_saved_error_never_began_is_not_found(stripe: Stripe, sandbox: RunningSandbox) -> None:
    paying = session()
    asked = attempt(paying)
    sandbox.fault("error_begun", CREATE[CHECKOUT], count=1)
    for answer in (GatewayFaulted, FaultSaved):
        with pytest.raises(answer):
            stripe.open(CHECKOUT, request_of(paying, asked), idempotency_key=asked.idempotency_key)
    assert stripe.find([asked]) == {}


def test_an_attempt_is_found_among_hundreds(stripe: Stripe) -> None:
    first = session()
    asked = attempt(first)
    opened = stripe.open(CHECKOUT, request_of(first, asked), idempotency_key=asked.idempotency_key)
    for number in range(210):
        other = session(auction_id=f"other-{number}")
        later = attempt(other)
        stripe.open(CHECKOUT, request_of(other, later), idempotency_key=later.idempotency_key)
    assert stripe.find([asked]) == {asked.id: opened}


@pytest.mark.parametrize(("seconds", "asked"), [(7.0, 7.0), (0.0, None), (86_400.0, 60.0)])
def test_a_rate_limit_says_when_to_come_back(
    stripe: Stripe, sandbox: RunningSandbox, seconds: float, asked: float | None
) -> None:
    sandbox.fault("rate_limit", count=1, seconds=seconds)
    with pytest.raises(RateLimited) as busy:
        stripe.ping()
    assert busy.value.retry_after == asked
    assert not busy.value.one_endpoint
    assert stripe.ping()["object"] == "account"


def test_one_endpoints_limit_is_told_apart_from_the_accounts(stripe: Stripe, sandbox: RunningSandbox) -> None:
    with sandbox.host.using() as core:
        core.limit(total=1000, per_endpoint=1)
    stripe.ping()
    with pytest.raises(RateLimited) as busy:
        stripe.ping()
    assert busy.value.one_endpoint


def test_a_lock_at_stripe_is_over_in_a_moment(stripe: Stripe, sandbox: RunningSandbox) -> None:
    sandbox.fault("lock_timeout", count=1)
    with pytest.raises(Contended):
        stripe.ping()
    sandbox.fault("lock_timeout", count=2)
    guard = StripeGuard(LocalLimiter(Rates(1000, 1000)), Breaker(), sleep=lambda _: None)
    with talking_to(sandbox.url, guard=guard) as guarded:
        assert guarded.ping()["object"] == "account"


def test_a_key_in_use_is_over_in_a_moment(stripe: Stripe, sandbox: RunningSandbox) -> None:
    paying = session()
    asked = attempt(paying)
    in_use = f"{sandbox.secret_key}\n{asked.idempotency_key}"
    with sandbox.host.using() as core:
        core.api.keys.in_use.add(in_use)
    with pytest.raises(Contended, match="in-progress"):
        stripe.open(CHECKOUT, request_of(paying, asked), idempotency_key=asked.idempotency_key)
    with sandbox.host.using() as core:
        core.api.keys.in_use.clear()
    stripe.open(CHECKOUT, request_of(paying, asked), idempotency_key=asked.idempotency_key)
    assert count(sandbox, CHECKOUT) == 1


@pytest.mark.parametrize("key", ["sk_test_of_another_account", "pk_test_sandbox_gavelpay"])
def test_a_wrong_key_blames_no_payment(sandbox: RunningSandbox, key: str) -> None:
    with talking_to(sandbox.url, key=key) as stripe, pytest.raises(GatewayBusy, match="refuses our key") as busy:
        stripe.ping()
    assert key not in str(busy.value)
    assert busy.value.retry_after


def test_a_request_that_stripe_will_never_take_is_refused_with_its_reason(stripe: Stripe) -> None:
    paying = session(amount_minor=1)
    asked = attempt(paying)
    with pytest.raises(GatewayRefused) as refused:
        stripe.open(CHECKOUT, request_of(paying, asked), idempotency_key=asked.idempotency_key)
    assert refused.value.provider_code == "amount_too_small"
    other = session()
    with pytest.raises(GatewayRefused) as unknown:
        stripe.open(CHECKOUT, {"nonsense": "1"}, idempotency_key=attempt(other).idempotency_key)
    assert unknown.value.param


def test_a_key_with_other_parameters_says_nothing_of_what_is_asked(stripe: Stripe) -> None:
    paying = session()
    asked = attempt(paying)
    request = request_of(paying, asked)
    stripe.open(CHECKOUT, request, idempotency_key=asked.idempotency_key)
    with pytest.raises(KeyReused, match="same parameters") as reused:
        stripe.open(CHECKOUT, request | {"locale": "de"}, idempotency_key=asked.idempotency_key)
    assert isinstance(reused.value, GatewayUnavailable), "its outcome is unknown"


def test_what_old_attempts_have_opened_is_searched_for_without_walking_a_list(
    stripe: Stripe, sandbox: RunningSandbox
) -> None:
    paying = session(policy="instant")
    asked = attempt(paying, INTENT)
    opened = stripe.open(INTENT, request_of(paying, asked), idempotency_key=asked.idempotency_key)
    asked.created_at -= timedelta(days=1)
    assert stripe.find([asked]) == {asked.id: opened}
    assert sandbox.core.world.calls["payment_intents.list"] == 0


def test_what_an_old_attempt_has_opened_just_now_is_found_though_the_search_lags(
    stripe: Stripe, sandbox: RunningSandbox
) -> None:
    paying = session(policy="instant")
    asked, other = attempt(paying, INTENT), attempt(paying, INTENT, number=2)
    opened = stripe.open(INTENT, request_of(paying, asked), idempotency_key=asked.idempotency_key)
    for one in (asked, other):
        one.created_at -= timedelta(days=1)
    listed = list(sandbox.core.world.store.table("payment_intent").newest())
    read_from = []

    def pages(_operation: str, _path: str, params: Document) -> Iterator[Document]:
        read_from.append(params["created"]["gte"])
        return iter(listed)

    assert find([asked, other], pages, lambda *_: [], now()) == {asked.id: opened}
    assert read_from == [pytest.approx((now() - SEARCHABLE).timestamp(), abs=90)]


def test_what_is_found_and_cannot_be_read_is_an_unknown_outcome(stripe: Stripe, sandbox: RunningSandbox) -> None:
    paying = session(policy="instant")
    asked, refund = attempt(paying, INTENT), refund_of(paying, 100)
    intent = stripe.open(INTENT, request_of(paying, asked), idempotency_key=asked.idempotency_key).payment_intent_id
    sandbox.pay(intent or "")
    send_back(stripe, paying, refund, intent or "")
    store = sandbox.core.world.store
    store.save(next(iter(store.table("refund").newest())) | {"status": "pondered"})
    with pytest.raises(GatewayFaulted, match="pondered"):
        stripe.find_refund(refund)
    made = next(iter(store.table("payment_intent").newest()))
    store.save({name: value for name, value in made.items() if name != "client_secret"})
    with pytest.raises(GatewayFaulted, match="client_secret"):
        stripe.find([asked])


@BOTH
def test_what_is_open_is_closed_and_closing_again_says_the_same(stripe: Stripe, kind: AttemptKind) -> None:
    paying = session()
    asked = attempt(paying, kind)
    opened = recorded(asked, stripe.open(kind, request_of(paying, asked), idempotency_key=asked.idempotency_key))
    assert stripe.look_up(opened) == []
    for key in ("close:1", "close:2"):
        (fact,) = stripe.close(opened, idempotency_key=f"{asked.idempotency_key}:{key}")
        assert isinstance(fact, Closed)
        assert fact.where.session_id == paying.id


@BOTH
def test_closing_what_is_paid_tells_of_the_money(stripe: Stripe, sandbox: RunningSandbox, kind: AttemptKind) -> None:
    paying = session()
    asked = attempt(paying, kind)
    opened = recorded(asked, stripe.open(kind, request_of(paying, asked), idempotency_key=asked.idempotency_key))
    sandbox.pay(opened.stripe_checkout_id or opened.stripe_payment_intent_id or "")
    before = now() - timedelta(minutes=1)
    for facts in (stripe.close(opened, idempotency_key="close:1"), stripe.look_up(opened)):
        fact, charge = facts
        assert isinstance(fact, Paid)
        assert isinstance(charge, ChargeReported)
        assert charge.method_last4 == "4242"
        assert fact.amount == Money("USD", 27550)
        assert fact.where.session_id == paying.id
        assert fact.where.payment_intent_id is not None
        assert before <= fact.at <= now()


@BOTH
def test_closing_what_is_being_paid_tells_that_money_is_on_its_way(
    stripe: Stripe, sandbox: RunningSandbox, kind: AttemptKind
) -> None:
    paying = session()
    asked = attempt(paying, kind)
    request = {key: value for key, value in request_of(paying, asked).items() if not key.startswith("allowed_")}
    opened = recorded(asked, stripe.open(kind, request, idempotency_key=asked.idempotency_key))
    sandbox.pay(opened.stripe_checkout_id or opened.stripe_payment_intent_id or "", "bank_debit")
    (fact,) = stripe.close(opened, idempotency_key="close:1")
    assert isinstance(fact, Processing)


def test_a_refusal_to_close_what_is_still_open_is_no_end(stripe: Stripe) -> None:
    paying = session()
    asked = attempt(paying)
    opened = recorded(asked, stripe.open(CHECKOUT, request_of(paying, asked), idempotency_key=asked.idempotency_key))
    with pytest.raises(GatewayRefused):
        stripe.close(opened, idempotency_key="k" * 300)


def test_what_stripe_does_not_know_cannot_be_closed(stripe: Stripe) -> None:
    asked = attempt(session())
    asked.stripe_checkout_id = "cs_test_of_nobody"
    with pytest.raises(GatewayRefused) as refused:
        stripe.close(asked, idempotency_key="close:1")
    assert refused.value.provider_code == "resource_missing"


def test_money_goes_back_once_for_each_key(stripe: Stripe, sandbox: RunningSandbox) -> None:
    paying = session()
    asked = attempt(paying)
    opened = stripe.open(CHECKOUT, request_of(paying, asked), idempotency_key=asked.idempotency_key)
    sandbox.pay(opened.checkout_id or "")
    paid, _ = stripe.look_up(recorded(asked, opened))
    intent = paid.where.payment_intent_id or ""
    refund = refund_of(paying, 10_000)

    sandbox.fault("lost_after", "refunds.create", count=1)
    with pytest.raises(GatewayUnavailable):
        send_back(stripe, paying, refund, intent)
    reported = send_back(stripe, paying, refund, intent)

    assert reported.status is RefundStatus.SUCCEEDED
    assert reported.amount == Money("USD", 10_000)
    assert reported.refund_id == str(refund.id)
    assert reported.where.session_id == paying.id
    assert reported.where.payment_intent_id == intent
    assert len(list(sandbox.core.world.store.table("refund").oldest())) == 1
    rest = refund_of(paying, 20_000)
    with pytest.raises(GatewayRefused):
        send_back(stripe, paying, rest, intent)


def test_a_refund_is_found_by_its_own_id_among_others(stripe: Stripe, sandbox: RunningSandbox) -> None:
    paying = session()
    asked = attempt(paying, INTENT)
    opened = stripe.open(INTENT, request_of(paying, asked), idempotency_key=asked.idempotency_key)
    intent = opened.payment_intent_id or ""
    sandbox.pay(intent)
    first, second, unsent = refund_of(paying, 100), refund_of(paying, 200), refund_of(paying, 300)
    for one in (first, second):
        send_back(stripe, paying, one, intent)
    unsent.request = first.request

    found = stripe.find_refund(first)

    assert found is not None
    assert (found.refund_id, found.amount.minor) == (str(first.id), 100)
    assert stripe.find_refund(unsent) is None


@BOTH
def test_a_maker_with_an_account_gets_their_part_and_gives_it_back(
    stripe: Stripe, sandbox: RunningSandbox, kind: AttemptKind
) -> None:
    account = stripe._call("account.create", "post", "/v1/accounts", {"country": "DE"}, dict, idempotency_key="acct")
    paying = session(maker_stripe_account=account["id"])
    asked = attempt(paying, kind)
    agree(asked, paying, 500)
    opened = stripe.open(kind, request_of(paying, asked), idempotency_key=asked.idempotency_key)
    sandbox.pay(opened.checkout_id or opened.payment_intent_id or "")
    sandbox.advance()
    (intent,) = sandbox.core.world.store.table("payment_intent").oldest()
    refund = replace(refund_of(paying, 27550), reverses_transfer=True)

    back = send_back(stripe, paying, refund, intent["id"], transferred_minor=26172)

    assert (intent["transfer_data"]["destination"], intent["on_behalf_of"]) == (account["id"], account["id"])
    assert intent["application_fee_amount"] == 1378
    assert back.reversed_transfer
    for table in ("transfer", "application_fee"):
        (moved,) = sandbox.core.world.store.table(table).oldest()
        assert moved["reversed" if table == "transfer" else "refunded"]


def test_movements_of_a_time_are_read_a_hundred_a_call_with_what_is_behind_them(
    stripe: Stripe, sandbox: RunningSandbox
) -> None:
    begun = now() - timedelta(seconds=2)
    for number in range(120):
        paying = session(auction_id=f"lot-{number}")
        asked = attempt(paying, INTENT)
        opened = stripe.open(INTENT, request_of(paying, asked), idempotency_key=asked.idempotency_key)
        sandbox.pay(opened.payment_intent_id or "")
    refund = refund_of(paying, 5_000)
    reported = send_back(stripe, paying, refund, opened.payment_intent_id or "")
    sandbox.advance()
    until = now() + timedelta(seconds=2)

    first = stripe.list_movements(created_from=begun, created_to=until, after=None)
    second = stripe.list_movements(created_from=begun, created_to=until, after=first.after)

    assert (len(first.items), len(second.items), second.after) == (100, 21, None)
    returned, *charges = (*first.items, *second.items)
    assert (returned.kind, returned.source_id) == (Kind.REFUND, reported.stripe_refund_id)
    assert (returned.amount_minor, returned.original) == (-5_000, Money("USD", 5_000))
    assert isinstance(returned.fact, RefundReported)
    assert {one.kind for one in charges} == {Kind.CHARGE}
    assert all(one.fee_minor > 0 and one.fee_minor + one.net_minor == 27550 == one.amount_minor for one in charges)
    assert charges[0].session_id == paying.id
    assert isinstance(charges[0].fact, ChargeReported)
    assert stripe.movement(charges[0].id) == charges[0]
    earlier = begun - timedelta(hours=1)
    assert stripe.list_movements(created_from=earlier, created_to=earlier, after=None).items == []


def test_movements_that_no_payment_makes_are_told_apart() -> None:
    payout = {
        "id": "txn_1",
        "type": "payout",
        "created": 1_790_000_000,
        "currency": "usd",
        "amount": -100,
        "fee": 0,
        "net": -100,
        "source": "po_1",
    }
    assert movement(payout).kind is Kind.OTHER
    assert movement(payout | {"type": "adjustment"}).kind is Kind.OTHER
    dispute = {"object": "dispute", "id": "du_1", "charge": "ch_1", "amount": 100, "currency": "usd"}
    assert movement(payout | {"type": "adjustment", "source": dispute}).kind is Kind.DISPUTE
    refund = {"object": "refund", "id": "re_1", "amount": 100, "currency": "usd", "status": "new_word", "created": 1}
    strange = movement(payout | {"type": "refund", "source": refund})
    assert (strange.kind, strange.fact, strange.source_id) == (Kind.REFUND, None, "re_1")


def test_events_of_a_time_are_listed_by_type_as_webhooks_would_bring_them(
    stripe: Stripe, sandbox: RunningSandbox
) -> None:
    begun = now() - timedelta(seconds=2)
    for number in range(101):
        paying = session(auction_id=f"lot-{number}")
        asked = attempt(paying, INTENT)
        opened = stripe.open(INTENT, request_of(paying, asked), idempotency_key=asked.idempotency_key)
        sandbox.pay(opened.payment_intent_id or "")
    until, types = now() + timedelta(seconds=2), ["payment_intent.succeeded"]

    first = stripe.list_events(types, created_from=begun, created_to=until, after=None)
    second = stripe.list_events(types, created_from=begun, created_to=until, after=first.after)

    events = [orjson.loads(body) for body in (*first.items, *second.items)]
    assert first.told_at is not None
    assert begun.replace(microsecond=0) <= first.told_at <= until, "Stripe's own clock"
    assert (len(first.items), second.after) == (100, None)
    assert len({event["id"] for event in events}) == 101
    assert {event["type"] for event in events} == set(types)
    assert events[0]["data"]["object"]["id"] == opened.payment_intent_id
    with pytest.raises(GatewayRefused):
        stripe.list_events(types, created_from=begun, created_to=until, after="evt_of_nobody")


def test_no_more_types_are_listed_in_a_call_than_stripe_takes() -> None:
    assert all(0 < len(part) <= 20 for intents in (True, False) for part in watched(intents=intents))
    assert len(watched(intents=True)) == 1, "a second call for each look would double what it costs"
    every = {kind for part in watched(intents=True) for kind in part}
    assert every - {kind for part in watched(intents=False) for kind in part} == {"payment_intent.succeeded"}
    assert {"checkout.session.completed", "payment_intent.payment_failed", "refund.failed"} <= every


def test_a_refund_is_looked_up(stripe: Stripe, sandbox: RunningSandbox) -> None:
    paying = session()
    asked = attempt(paying)
    opened = stripe.open(CHECKOUT, request_of(paying, asked), idempotency_key=asked.idempotency_key)
    sandbox.pay(opened.checkout_id or "")
    paid, _ = stripe.look_up(recorded(asked, opened))
    refund = refund_of(paying, 10_000)
    told = send_back(stripe, paying, refund, paid.where.payment_intent_id or "")
    refund.stripe_refund_id = told.stripe_refund_id
    sandbox.core.fail_refund(told.stripe_refund_id)
    assert stripe.look_up_refund(refund).status is RefundStatus.FAILED


@BOTH
def test_a_look_up_tells_that_the_last_try_was_declined(
    stripe: Stripe, sandbox: RunningSandbox, kind: AttemptKind
) -> None:
    paying = session()
    asked = attempt(paying, kind)
    opened = recorded(asked, stripe.open(kind, request_of(paying, asked), idempotency_key=asked.idempotency_key))
    sandbox.pay(opened.stripe_checkout_id or opened.stripe_payment_intent_id or "", "4000000000009995")
    (fact,) = stripe.look_up(opened)
    assert isinstance(fact, Declined)
    assert (fact.code, fact.closes) == ("insufficient_funds", False)


@BOTH
@pytest.mark.parametrize("passed", [None, True, False])
def test_a_look_up_tells_how_a_debit_stands(
    stripe: Stripe, sandbox: RunningSandbox, kind: AttemptKind, *, passed: bool | None
) -> None:
    paying = session()
    asked = attempt(paying, kind)
    request = {key: value for key, value in request_of(paying, asked).items() if not key.startswith("allowed_")}
    opened = recorded(asked, stripe.open(kind, request, idempotency_key=asked.idempotency_key))
    target = opened.stripe_checkout_id or opened.stripe_payment_intent_id or ""
    sandbox.pay(target, "bank_debit")
    if passed is not None:
        sandbox.settle(target, passed=passed)
    fact = stripe.look_up(opened)[0]
    assert type(fact) is {None: Processing, True: Paid, False: Declined}[passed]
    if isinstance(fact, Declined):
        assert fact.closes is (kind is CHECKOUT), "a checkout is complete, and a payment intent can be tried again"


def test_a_refusal_to_close_what_was_only_declined_is_no_end(stripe: Stripe, sandbox: RunningSandbox) -> None:
    paying = session()
    asked = attempt(paying)
    opened = recorded(asked, stripe.open(CHECKOUT, request_of(paying, asked), idempotency_key=asked.idempotency_key))
    sandbox.pay(opened.stripe_checkout_id or "", "4000000000000002")
    with pytest.raises(GatewayRefused):
        stripe.close(opened, idempotency_key="k" * 300)


def test_no_call_is_refused_for_its_rate_behind_the_guard(sandbox: RunningSandbox) -> None:
    with sandbox.host.using() as core:
        core.limit(total=50, per_endpoint=50)
    guard = StripeGuard(LocalLimiter(Rates(50, 50)), Breaker())
    with talking_to(sandbox.url, guard=guard) as stripe:
        for _ in range(120):
            stripe.ping()
    assert sandbox.core.world.refusals["accounts.retrieve"] == 0
