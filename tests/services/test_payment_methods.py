"""How buyers have paid: one row for each card of each buyer, whoever tells of it and however often."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson

from tests.house import House


def pay_for(home: House, number: int, card: str, buyer_id: str = "buyer-1") -> None:
    home.pay(home.opened(auction_id=f"auction-{number}", buyer_id=buyer_id), card)


def shown(home: House, buyer_id: str = "buyer-1") -> list[tuple[Any, ...]]:
    found = home.app.view_payments.methods(buyer_id)
    return [(one.type, one.brand, one.last4, one.exp_month, one.exp_year) for one in found]


def test_the_card_used_last_comes_first_and_the_same_card_is_one(home: House) -> None:
    for number, card in enumerate(["4242424242424242", "5555555555554444", "4242424242424242"]):
        pay_for(home, number, card)
        home.hear()
        home.forward(minutes=1)
    assert shown(home) == [("card", "visa", "4242", 12, 2034), ("card", "mastercard", "4444", 12, 2034)]
    visa, mastercard = home.app.view_payments.methods("buyer-1")
    assert visa.first_used_at < mastercard.first_used_at < visa.last_used_at
    newest = home.stripe_has("payment_method")[-1]
    assert visa.stripe_payment_method_id == newest["id"]


def test_old_news_do_not_take_the_place_of_new_ones(home: House) -> None:
    pay_for(home, 0, "4242424242424242")
    home.forward(minutes=1)
    first = home.new_events()
    pay_for(home, 1, "4242424242424242")
    home.forward(minutes=1)
    home.hear()
    (before,) = home.app.view_payments.methods("buyer-1")
    home.hear(*first)
    (after,) = home.app.view_payments.methods("buyer-1")
    assert after.stripe_payment_method_id == before.stripe_payment_method_id
    assert after.last_used_at == before.last_used_at
    assert after.first_used_at < before.first_used_at


def test_what_failed_is_not_kept_and_another_buyers_card_is_not_shown(home: House) -> None:
    pay_for(home, 0, "4000000000000002")
    pay_for(home, 1, "4242424242424242", buyer_id="buyer-2")
    home.hear()
    assert shown(home) == []
    assert len(shown(home, "buyer-2")) == 1


def test_a_bank_debit_is_kept_when_it_has_arrived(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id, "bank_debit")
    home.hear()
    assert shown(home) == []
    attempt = home.payment(session_id).newest_attempt
    assert attempt is not None
    home.sandbox.settle(attempt.stripe_checkout_id or "")
    home.hear()
    home.forward(minutes=5)
    home.process()
    assert shown(home) == [("us_bank_account", None, "6789", None, None)]


def test_many_workers_with_the_same_buyers_wait_for_nobody_in_a_circle(home: House) -> None:
    for number in range(24):
        pay_for(home, number, ("4242424242424242", "5555555555554444")[number % 2], buyer_id=f"buyer-{number % 3}")
    home.forward(seconds=30)
    for event in home.new_events():
        home.app.receive_events([home.app.read_event(orjson.dumps(event))])
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda _: home.app.process_events(7), range(60)))
    home.forward(minutes=10)
    home.process()
    assert home.app.database.rows("SELECT count(*) FROM payment_methods") == [(6,)]
    assert home.app.database.rows("SELECT count(*) FROM webhook_events WHERE status = 'set_aside'") == [(0,)]
