"""Taking requests: the same one any number of times is one session."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from domain.errors import OfferRefused
from domain.lifecycle import Status
from services.require_payment import Accepted, Answer
from tests.house import House, request


def ask(home: House, *changes: dict[str, Any]) -> list[Answer]:
    return home.app.require_payments([request(**one) for one in changes])


def refusal(answer: Answer) -> str:
    assert isinstance(answer, OfferRefused), answer
    return answer.code


def test_the_same_request_fifty_times_at_once_is_one_session_and_one_checkout(home: House) -> None:
    with ThreadPoolExecutor(10) as threads:
        answers = [answer for batch in threads.map(lambda _: ask(home, {}), range(50)) for answer in batch]
        list(threads.map(lambda _: home.app.open_checkouts(), range(50)))

    assert len({answer.session_id for answer in answers if isinstance(answer, Accepted)}) == 1
    assert sum(answer.is_new for answer in answers if isinstance(answer, Accepted)) == 1
    assert len(home.stripe_has()) == 1


def test_a_batch_answers_each_request_in_its_place(home: House) -> None:
    first, repeat, other, lost = ask(
        home, {}, {}, {"auction_id": "auction-2"}, {"buyer_id": "buyer-2", "auction_id": "auction-1"}
    )
    assert isinstance(first, Accepted)
    assert isinstance(repeat, Accepted)
    assert isinstance(other, Accepted)
    assert (first.session_id, first.is_new) == (repeat.session_id, True)
    assert not repeat.is_new
    assert other.session_id != first.session_id
    assert refusal(lost) == "auction_has_live_session"


@pytest.mark.parametrize("change", [{"amount": "275.51"}, {"currency": "EUR"}, {"policy": "instant"}])
def test_the_same_request_with_another_amount_is_refused(home: House, change: dict[str, str]) -> None:
    home.require()
    assert refusal(ask(home, change)[0]) == "conflicting_request"


def test_a_seller_cannot_pay_for_their_own_lot(home: House) -> None:
    assert refusal(ask(home, {"buyer_id": "maker-1"})[0]) == "seller_is_buyer"


def test_a_policy_takes_its_own_currencies_only(home: House) -> None:
    assert refusal(ask(home, {"policy": "instant", "currency": "EUR"})[0]) == "currency_not_in_policy"


def test_one_auction_has_one_live_session(home: House) -> None:
    home.require()
    assert refusal(ask(home, {"buyer_id": "buyer-2"})[0]) == "auction_has_live_session"


def test_a_reopened_lot_can_be_paid_by_another_buyer(home: House) -> None:
    first = home.require()
    home.app.close_by_request(first, "admin")
    second = home.payment(home.require(buyer_id="buyer-2")).session
    assert (second.auction_id, second.buyer_id, second.status) == ("auction-1", "buyer-2", Status.PENDING)
    assert home.payment(first).session.status is Status.EXPIRED


def test_a_repeat_after_the_end_finds_the_session_that_was(home: House) -> None:
    session_id = home.require()
    home.app.close_by_request(session_id, "admin")
    (answer,) = ask(home, {})
    assert answer == Accepted(session_id, is_new=False)


def test_a_new_offer_to_the_same_buyer_goes_on_counting_keys(home: House) -> None:
    home.app.close_by_request(home.opened(), "admin")
    home.work()
    second = home.opened(request_id="offer-2", amount="300.00")
    attempt = home.payment(second).newest_attempt
    assert attempt is not None
    assert attempt.idempotency_key == "auction-1:buyer-1:2"
    assert len(home.stripe_has()) == 2


def test_a_new_offer_while_the_old_one_is_open_is_refused(home: House) -> None:
    home.require()
    assert refusal(ask(home, {"request_id": "offer-2"})[0]) == "auction_has_live_session"


def test_rivals_for_one_auction_at_once_get_one_winner(home: House) -> None:
    with ThreadPoolExecutor(8) as threads:
        batches = list(threads.map(lambda number: ask(home, {"buyer_id": f"buyer-{number}"}), range(24)))
    answers = [batch[0] for batch in batches]
    assert sum(isinstance(answer, Accepted) for answer in answers) == 1
    assert {refusal(answer) for answer in answers if not isinstance(answer, Accepted)} == {"auction_has_live_session"}


def test_what_identifies_a_buyer_is_encrypted_at_rest(home: House) -> None:
    session_id = home.opened()
    with home.app.database.transaction() as connection:
        row = connection.execute(
            "SELECT s.buyer_email, a.url, a.request, s.risk FROM payment_sessions s"
            " JOIN checkout_attempts a ON a.session_id = s.id"
        ).fetchone()
    assert row is not None
    assert all(b"buyer@example.com" not in bytes(value) and b"http" not in bytes(value) for value in row)
    assert home.payment(session_id).session.buyer_email == "buyer@example.com"
