"""A request that came by the queue and was refused is kept whole, and told upstream: once, and in order."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from actors.actor import Incoming
from actors.intake import payment_required
from domain.errors import OfferRefused
from tests.crashes import Died, DiesBeforeCommit
from tests.house import House, message, request


def send(home: House, *changes: dict[str, Any]) -> None:
    """What a worker does with these messages."""
    kwargs = [message(**one) for one in changes]
    queue = "payment_required"
    payment_required.take(home.app, [Incoming(queue, queue, orjson.dumps(one), one) for one in kwargs])


def refusals(home: House) -> list[dict[str, Any]]:
    """What was told about requests that never became payments, in order."""
    rows = home.app.database.rows(
        "SELECT type, body, auction_id, order_no FROM outbox WHERE session_id IS NULL ORDER BY auction_id, order_no"
    )
    assert all(kind == "auction.payment_failed" and body["auctionId"] == auction for kind, body, auction, _ in rows)
    return [body for _, body, _, _ in rows]


def letters(home: House) -> list[str]:
    return [letter.reason for letter in home.app.dead_letters.listed()]


def test_a_second_buyer_is_refused_and_the_auction_hears_of_it_without_the_first_ones_payment(home: House) -> None:
    live = home.require()
    send(home, {"buyer_id": "buyer-2", "request_id": "offer-2"})
    assert refusals(home) == [
        {
            "auctionId": "auction-1",
            "sessionId": None,
            "buyerId": "buyer-2",
            "requestId": "offer-2",
            "reason": "auction_has_live_session",
            "amount": "275.50",
            "currency": "USD",
            "sequence": 2,
            "version": 1,
        }
    ]
    assert letters(home) == ["auction_has_live_session"]
    assert str(live) not in home.app.dead_letters.listed()[0].error
    assert home.told() == ["auction.payment_pending", "auction.payment_failed"]
    home.app.close_by_request(live, "admin:alice")
    assert home.told() == ["auction.payment_pending", "auction.payment_failed", "auction.reopened"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"buyer_id": "buyer-2"}, "auction_has_live_session"),
        ({"amount": "1.00"}, "conflicting_request"),
        ({"auction_id": "auction-2", "buyer_id": "maker-1"}, "seller_is_buyer"),
        ({"auction_id": "auction-2", "policy": "instant", "currency": "EUR"}, "currency_not_in_policy"),
        ({"auction_id": "auction-2", "return_url": "https://evil.example/"}, "url_not_allowed"),
        ({"auction_id": "auction-2", "cancel_url": "https://evil.example/?token=1"}, "url_not_allowed"),
    ],
)
def test_every_refusal_has_one_code_in_the_answer_the_letter_and_the_event(
    home: House, change: dict[str, str], code: str
) -> None:
    home.require()
    answer = home.app.require_payments([request(**change)])[0]
    send(home, change)
    assert isinstance(answer, OfferRefused)
    assert [answer.code] == letters(home) == [one["reason"] for one in refusals(home)] == [code]
    assert "token" not in home.app.dead_letters.listed()[0].error


def test_the_same_refused_message_many_times_at_once_is_told_once(home: House) -> None:
    home.require()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: send(home, {"buyer_id": "buyer-2"}, {"buyer_id": "buyer-2"}), range(16)))
    assert len(refusals(home)) == 1
    (letter,) = home.app.dead_letters.listed()
    assert letter.copies == 32


def test_a_producer_that_resends_every_minute_what_is_refused_has_one_letter(home: House) -> None:
    home.require()
    first = home.time()
    for number in range(60):
        copy = {"message_id": str(number), "message_timestamp": number, "kwargs": message(buyer_id="buyer-2")}
        raw = orjson.dumps({"queue_name": "payment_required", "actor_name": "payment_required", "args": []} | copy)
        incoming = Incoming("payment_required", "payment_required", raw, message(buyer_id="buyer-2"))
        payment_required.take(home.app, [incoming])
        home.forward(minutes=1)

    (letter,) = home.app.dead_letters.listed()
    assert (letter.copies, letter.created_at) == (60, first)
    assert letter.last_at == first + timedelta(minutes=59)
    assert orjson.loads(letter.message)["message_id"] == "0"


def test_what_comes_again_after_a_person_has_dealt_with_it_is_a_new_letter(home: House) -> None:
    home.require()
    send(home, {"buyer_id": "buyer-2"})
    home.app.dead_letters.discard(home.app.dead_letters.listed()[0].id, "admin:alice", "a mistake")
    send(home, {"buyer_id": "buyer-2"})
    assert [letter.copies for letter in home.app.dead_letters.listed(status=None)] == [1, 1]


def test_another_content_or_another_reason_is_another_letter(home: House) -> None:
    live = home.require()
    send(home, {"buyer_id": "buyer-2"}, {"buyer_id": "Buyer-2"})
    home.app.close_by_request(live, "admin:alice")
    home.require(buyer_id="buyer-2", request_id="offer-2", amount="1.00")
    send(home, {"buyer_id": "buyer-2"})
    assert sorted(letters(home)) == ["auction_has_live_session", "auction_has_live_session", "conflicting_request"]


def test_different_refused_requests_of_one_batch_are_each_told_in_order(home: House) -> None:
    home.require()
    send(home, *({"buyer_id": f"buyer-{number}"} for number in range(2, 6)), {"auction_id": "auction-2"}, {})
    assert [one["buyerId"] for one in refusals(home)] == ["buyer-2", "buyer-3", "buyer-4", "buyer-5"]
    assert home.told("auction-2") == ["auction.payment_pending"]


def test_a_request_that_is_refused_again_because_of_another_payment_is_told_again(home: House) -> None:
    first, second = home.require(), {"buyer_id": "buyer-2"}
    send(home, second)
    home.app.close_by_request(first, "admin:alice")
    home.require(request_id="another-offer")
    send(home, second)
    send(home, second)
    assert [one["reason"] for one in refusals(home)] == ["auction_has_live_session"] * 2


def test_a_refused_request_is_taken_once_nothing_is_in_its_way(home: House) -> None:
    live = home.require()
    send(home, {"buyer_id": "buyer-2"})
    home.app.close_by_request(live, "admin:alice")
    send(home, {"buyer_id": "buyer-2"})
    assert home.told() == [
        "auction.payment_pending",
        "auction.payment_failed",
        "auction.reopened",
        "auction.payment_pending",
    ]


def test_what_cannot_be_read_is_kept_and_told_to_nobody(home: House) -> None:
    send(home, {"amount": "none"})
    assert letters(home) == ["invalid_message"]
    assert refusals(home) == []


def test_by_http_the_answer_is_the_report(home: House) -> None:
    home.require()
    with pytest.raises(OfferRefused):
        home.app.create_checkout(request(buyer_id="buyer-2"))
    assert refusals(home) == []


def test_a_worker_that_dies_before_it_has_kept_a_refused_message_has_told_nobody(home: House) -> None:
    home.require()
    office = home.app.dead_letters
    dying = replace(home.app, dead_letters=replace(office, begin=DiesBeforeCommit(office.begin, 1)))
    with pytest.raises(Died):
        send(replace(home, app=dying), {"buyer_id": "buyer-2"})
    assert (letters(home), refusals(home)) == ([], [])
    send(home, {"buyer_id": "buyer-2"})
    assert letters(home) == ["auction_has_live_session"]
    assert len(refusals(home)) == 1
