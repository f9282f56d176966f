"""Refunds over HTTP: one admin or two, and once under one key whatever dies."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from models.unit_of_work import Begin
from services.answer_once import REMEMBERED, Answer, NotAnswered, Why
from tests.console.calling import Client
from tests.house import House

Caller = Callable[..., Client]


@pytest.fixture
def ada(caller: Caller) -> Client:
    return caller("admin", "ada")


@pytest.fixture
def bob(caller: Caller) -> Client:
    return caller("admin", "bob")


def sold(home: House, amount: str = "275.50") -> UUID:
    session_id = home.opened(amount=amount)
    home.pay(session_id)
    home.forward(seconds=30)
    home.hear()
    return session_id


def refund(client: Client, session_id: object, key: str | None = None, **body: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client("POST", f"/payments/{session_id}/refund", json={"reason": "scratched"} | body, headers=headers)


def test_a_part_goes_back_by_its_digits(home: House, ada: Client) -> None:
    session_id = sold(home)

    answer = refund(ada, session_id, amount=75.10)
    home.work()

    assert answer.status_code == 200
    assert b'"amount":75.10' in answer.content
    assert (answer.json()["awaitsApproval"], answer.json()["requestedBy"]) == (False, "admin:ada")
    assert [one["amount"] for one in home.stripe_has("refund")] == [7510]


def test_above_the_limit_a_second_admin_agrees(home: House, ada: Client, bob: Client, caller: Caller) -> None:
    session_id = sold(home, "1500.00")
    asked = refund(ada, session_id)
    path = f"/payments/{session_id}/refunds/{asked.json()['id']}/approve"
    home.work()

    assert (asked.status_code, asked.json()["awaitsApproval"]) == (202, True)
    assert home.stripe_has("refund") == []
    others = [caller(role, f"{role}-1") for role in ("buyer", "maker", "service")]
    assert [one.get(f"/payments/{session_id}").json()["refunds"] for one in others] == [[], [], []]
    own = ada.post(path, {"reason": "agreed"})
    assert (own.status_code, own.json()["code"]) == (409, "same_person")
    agreed = bob.post(path, {"reason": "agreed"})
    assert (agreed.status_code, agreed.json()["approvedBy"]) == (200, "admin:bob")
    again = bob.post(path, {"reason": "agreed"})
    assert (again.status_code, again.json()["code"]) == (409, "not_waiting")
    home.work()
    assert [one["amount"] for one in home.stripe_has("refund")] == [150000]
    for one in others:
        (told,) = one.get(f"/payments/{session_id}").json()["refunds"]
        assert told["amount"] == 1500
        assert (told["reason"], told["requestedBy"], told["approvedBy"]) == (None, None, None)
    assert bob.get(f"/payments/{session_id}").json()["refunds"][0]["reason"] == "scratched"


def test_a_second_admin_declines_and_nothing_goes_back(home: House, ada: Client, bob: Client) -> None:
    session_id = sold(home, "1500.00")
    path = f"/payments/{session_id}/refunds/{refund(ada, session_id).json()['id']}"

    answers = [
        bob("POST", f"{path}/decline", json={"reason": "no"}, headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    home.work()

    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json()["status"] == "canceled"
    assert answers[0].content == answers[1].content
    assert home.stripe_has("refund") == []
    for nothing in (path[:-1] + "x/approve", f"/payments/{session_id}/refunds/{session_id}/decline"):
        assert bob.post(nothing, {"reason": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"amount": 275.51}, 409, "amount_out_of_range"),
        ({"amount": 0}, 409, "amount_out_of_range"),
        ({"amount": 1.001}, 409, "invalid_amount"),
        ({"stripePaymentIntentId": "pi_other"}, 409, "no_such_money"),
        ({"amount": "1"}, 422, "invalid_request"),
        ({"stripePaymentIntentId": "ch_1"}, 422, "invalid_request"),
        ({"dryRun": True}, 422, "invalid_request"),
    ],
)
def test_a_refund_that_cannot_be_says_why(
    home: House, ada: Client, body: dict[str, Any], status: int, code: str
) -> None:
    answer = refund(ada, sold(home), **body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_card_numbers_in_reasons_are_masked(home: House, ada: Client) -> None:
    answer = refund(ada, sold(home), amount=1, reason="card 4242 4242 4242 4242")

    assert answer.json()["reason"] == "card **** **** **** 4242"


def test_a_part_under_one_key_goes_back_once_however_often_and_at_once_it_is_asked(home: House, ada: Client) -> None:
    session_id = sold(home)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: refund(ada, session_id, "key-1", amount=10), range(4)))
    last = refund(ada, session_id, "key-1", amount=10)

    assert last.status_code == 200
    assert last.headers["idempotent-replayed"] == "true"
    for answer in answers:
        done = answer.status_code == 200 and answer.content == last.content
        assert done or (answer.status_code, answer.json()["code"]) == (409, "request_in_progress")
    assert len(home.payment(session_id).refunds) == 1


def test_a_key_is_of_one_caller_and_one_request(home: House, ada: Client, bob: Client) -> None:
    session_id = sold(home)
    refund(ada, session_id, "key-1", amount=10)

    other = refund(ada, session_id, "key-1", amount=11)

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert refund(bob, session_id, "key-1", amount=11).status_code == 200
    assert refund(ada, session_id, "a key", amount=11).json()["errors"][0]["field"] == "Idempotency-Key"


def test_an_act_that_died_before_its_commit_leaves_its_key_free(home: House) -> None:
    once, session_id = home.app.answer_once, sold(home)

    def dies(begin: Begin) -> Answer:
        with begin() as uow:
            uow.payments.lock_one(session_id)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        once("admin:ada", "key-1", b"x", dies)

    assert once("admin:ada", "key-1", b"x", _done) == Answer(200, "{}")


def test_an_act_whose_answer_was_lost_is_not_done_again(home: House) -> None:
    once = home.app.answer_once

    def dies(begin: Begin) -> Answer:
        _done(begin)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        once("admin:ada", "key-1", b"x", dies)
    with pytest.raises(NotAnswered) as young:
        once("admin:ada", "key-1", b"x", _done)
    home.time.forward(minutes=2)
    with pytest.raises(NotAnswered) as old:
        once("admin:ada", "key-1", b"x", _done)

    assert (young.value.why, old.value.why) == (Why.IN_PROGRESS, Why.ANSWER_LOST)


def test_keys_are_forgotten_after_three_days(home: House) -> None:
    once = home.app.answer_once
    once("admin:ada", "key-1", b"x", _done)
    home.time.forward(seconds=(REMEMBERED + timedelta(seconds=1)).total_seconds())
    once("admin:ada", "key-2", b"x", _done)

    assert home.app.database.rows("SELECT key FROM keyed_requests") == [("key-2",)]
    assert not once("admin:ada", "key-1", b"other", _done).is_repeat


def test_what_asks_for_nothing_takes_no_key(home: House) -> None:
    once = replace(home.app.answer_once)

    assert once("admin:ada", "key-1", b"x", lambda _begin: Answer(404, "{}")).status == 404
    assert home.app.database.rows("SELECT key FROM keyed_requests") == []


def _done(begin: Begin) -> Answer:
    with begin():
        return Answer(200, "{}")
