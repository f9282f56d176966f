"""The intake: each message becomes a row or a dead letter, whole, with the reason."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from actors.actor import Incoming
from actors.app import App
from actors.intake import payment_required
from actors.letters import UNEXPECTED, keep_given_up
from actors.registry import ACTORS, INTAKES, QUEUES
from domain import bells
from domain.errors import GatewayUnavailable, OfferRefused
from domain.ids import SessionId
from domain.messages import PaymentRequired
from domain.messaging import DeadLetter
from domain.refusals import Refusal
from gateways.queue.bells import INTAKE_QUEUE, PIECES_PER_BELL, queue_of
from services.require_payment import Accepted, Answer

NOW = datetime(2026, 11, 21, tzinfo=UTC)
GOOD = {"auction_id": "a", "buyer_id": "b", "maker_id": "m", "amount": "1.00", "currency": "USD"}


class FakeApp:
    """Takes everything, but for what it was told to refuse."""

    def __init__(self) -> None:
        self.requests: list[PaymentRequired] = []
        self.letters: list[DeadLetter] = []
        self.refusals: list[Refusal] = []
        self.calls: list[str] = []
        self.due: Mapping[str, Callable[[], int]] = {}

    def require_payments(self, requests: list[PaymentRequired]) -> list[Answer]:
        self.calls.append("require_payments")
        self.requests += requests
        refused = OfferRefused("seller_is_buyer", "a seller cannot pay for their own lot")
        return [refused if one.auction_id == "own" else Accepted(SessionId(uuid4()), is_new=True) for one in requests]

    def keep_dead_letters(self, letters: list[DeadLetter], refusals: Sequence[Refusal] = ()) -> None:
        self.calls.append("keep_dead_letters")
        self.letters += letters
        self.refusals += refusals

    def __getattr__(self, name: str) -> Callable[..., int]:
        return lambda **how: self.calls.append(" ".join([name, *map(str, how.values())])) or 7

    def now(self) -> datetime:
        return NOW

    def new_id(self) -> UUID:
        return uuid4()


@pytest.fixture
def app() -> FakeApp:
    return FakeApp()


def message(**kwargs: Any) -> Incoming:
    return Incoming("payment_required", "payment_required", b"as it came", kwargs)


def test_many_requests_are_taken_at_once(app: FakeApp) -> None:
    payment_required.take(cast("App", app), [message(**GOOD | {"auction_id": str(number)}) for number in range(5)])
    assert [request.auction_id for request in app.requests] == list("01234")
    assert app.calls == ["require_payments"]


def test_what_is_malformed_or_refused_is_kept_whole_and_the_others_are_taken(app: FakeApp) -> None:
    own, bad = message(**GOOD | {"auction_id": "own"}), message(**GOOD | {"amount": 1.5, "colour": "red"})
    payment_required.take(cast("App", app), [own, message(**GOOD), bad])
    assert len(app.requests) == 2
    assert [(one.request.auction_id, one.why.code) for one in app.refusals] == [("own", "seller_is_buyer")]
    assert {letter.reason: letter.error for letter in app.letters} == {
        "seller_is_buyer": "a seller cannot pay for their own lot",
        "invalid_message": "colour: is no field of payment_required; "
        'amount: must be a decimal string such as "275.50"; other types lose cents',
    }
    assert all(
        (letter.message, letter.queue, letter.created_at) == (b"as it came", INTAKE_QUEUE, NOW)
        for letter in app.letters
    )


def test_where_nothing_can_be_understood_nothing_is_asked(app: FakeApp) -> None:
    payment_required.take(cast("App", app), [message()])
    assert app.calls == ["keep_dead_letters"]


def test_a_message_that_gave_up_says_why(app: FakeApp) -> None:
    keep_given_up(cast("App", app), [message()], ZeroDivisionError())
    keep_given_up(cast("App", app), [message()], GatewayUnavailable("away"))
    assert [(letter.reason, letter.error) for letter in app.letters] == [
        (UNEXPECTED, "ZeroDivisionError"),
        ("gateway_unavailable", "away"),
    ]


def test_every_bell_has_its_actor_on_its_queue_and_calls_its_use_case(app: FakeApp) -> None:
    names = set(bells.BELLS)
    assert names == set(ACTORS)
    assert PIECES_PER_BELL.keys() <= names
    for name, actor in ACTORS.items():
        assert actor.queue == queue_of(name)
        before = len(app.calls)
        assert actor.work(cast("App", app)) == 7 * (len(app.calls) - before) > 0
    assert len(set(app.calls)) == len(app.calls) >= len(ACTORS)
    assert [one.queue for one in INTAKES] == [INTAKE_QUEUE]
    assert len(set(QUEUES)) == len(ACTORS) + 1
