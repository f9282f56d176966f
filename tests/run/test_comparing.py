"""Three books are compared, and every difference is told."""

from typing import Any
from uuid import UUID

import pytest

from cli.run.comparing import compare_balance, compare_pages, compare_with_house, compare_with_stripe
from sandbox.auction_house import Ending
from tests.run.builders import SESSION, books, charge, page, report, standing, taken


def test_books_that_agree_have_nothing_to_tell() -> None:
    assert list(compare_with_stripe(books(charge()), [taken()], [standing()])) == []
    assert list(compare_with_house(report(), [standing()], books(charge()))) == []


def test_late_money_that_went_back_is_in_order() -> None:
    back = charge(amount_refunded=5000), taken(disposition="late", refunded_minor=5000)
    assert list(compare_with_stripe(books(back[0]), [back[1]], [standing(status="expired")])) == []
    reopened = report(Ending.REOPENED)
    assert list(compare_with_house(reopened, [standing(status="expired")], books(back[0]))) == []


def test_money_that_waits_for_a_person_is_explained() -> None:
    assert list(compare_with_stripe(books(charge()), [taken(disposition="held")], [standing()])) == []


@pytest.mark.parametrize(
    ("stripe", "ours", "told"),
    [
        ([charge()], [], "we do not know of it"),
        ([], [taken()], "Stripe does not know of it"),
        ([charge(amount_captured=4900)], [taken()], "Stripe took 4900 USD for lot-0001, and we recorded 5000 USD"),
        ([charge(currency="eur")], [taken()], "5000 EUR"),
        ([charge(amount_refunded=100)], [taken()], "Stripe refunded 100"),
        ([charge()], [taken(disposition="late")], "neither an order nor refunded"),
    ],
)
def test_a_difference_to_stripes_books_is_told(stripe: list[dict[str, object]], ours: list[Any], told: str) -> None:
    (sentence,) = compare_with_stripe(books(*stripe), ours, [standing()])
    assert told in sentence


def test_two_kept_charges_of_one_payment_are_told() -> None:
    second = charge(id="ch_2", payment_intent="pi_2")
    found = compare_with_stripe(books(charge(), second), [taken(), taken(payment_intent_id="pi_2")], [standing()])
    assert "keeps 2 charges: ch_1, ch_2" in "".join(found)


def test_money_of_earlier_sales_need_not_be_in_the_books_of_a_new_sandbox() -> None:
    older = taken(session_id=UUID(int=9), payment_intent_id="pi_9")
    assert list(compare_with_stripe(books(charge()), [taken(), older], [standing()])) == []


def test_pages_that_were_opened_once_and_are_closed_have_nothing_to_tell() -> None:
    second = page(id="cs_2", metadata={**page()["metadata"], "attempt": "2"})
    refunds = [{"metadata": {"refund_id": "r1"}}, {"metadata": {}}, {"metadata": None}]

    assert list(compare_pages(books(pages=[page(), second], refunds=refunds), [standing()])) == []
    waits = standing(status="pending")
    assert list(compare_pages(books(pages=[page(payable=True, status="open")]), [waits])) == []


def test_a_page_that_was_opened_twice_one_that_is_left_open_and_a_refund_sent_twice_are_told() -> None:
    found = compare_pages(
        books(
            pages=[page(), page(id="cs_2", payable=True, status="open")],
            refunds=[{"metadata": {"refund_id": "r1"}}, {"metadata": {"refund_id": "r1"}}],
        ),
        [standing()],
    )

    assert list(found) == [
        f"Attempt 1 of payment {SESSION} opened twice at Stripe.",
        "cs_2 of lot-0001 can still be paid, and its payment is over.",
        "Refund r1 was sent twice.",
    ]


def test_a_ledger_that_has_another_sum_than_stripe_is_told_once_stripe_has_booked_everything() -> None:
    booked = books(charge(), totals={"usd": {"net": 4825}})
    young = books(charge(balance_transaction=None), totals={"usd": {"net": 0}})
    elsewhere = taken(payment_intent_id="pi_9")

    assert list(compare_balance(booked, [taken()], {"USD": 4825})) == []
    assert list(compare_balance(booked, [taken()], {"USD": 4826})) == ["Stripe has 4825 USD, and our ledger says 4826."]
    assert list(compare_balance(booked, [taken()], {"USD": 4825, "EUR": 1})) == [
        "Stripe has 0 EUR, and our ledger says 1."
    ]
    assert list(compare_balance(young, [taken()], {"USD": 5000})) == []
    assert list(compare_balance(booked, [taken(), elsewhere], {"USD": 9999})) == []


@pytest.mark.parametrize(
    ("ending", "payments", "stripe", "told"),
    [
        (Ending.SOLD, [], [charge()], "asked for once, and has 0 payments"),
        (Ending.SOLD, [standing(), standing(session_id=UUID(int=2))], [charge()], "has 2 payments"),
        (Ending.SOLD, [standing(status="expired")], [charge()], "was told to be sold, and its payment is expired"),
        (Ending.REOPENED, [standing()], [], "was reopened, and its payment is completed"),
        (Ending.SOLD, [standing()], [], "was sold for 5000, and Stripe holds 0"),
        (Ending.REOPENED, [standing(status="expired")], [charge()], "is reopened, and Stripe still holds 5000"),
    ],
)
def test_a_difference_to_what_the_auction_house_was_told_is_told(
    ending: Ending, payments: list[Any], stripe: list[Any], told: str
) -> None:
    assert told in "".join(compare_with_house(report(ending), payments, books(*stripe)))


def test_what_the_auction_house_found_amiss_is_told() -> None:
    found = compare_with_house(report(Ending.SOLD, "evt_1 came again with another content"), [standing()], None)
    assert list(found) == ["The auction house says: evt_1 came again with another content."]


def test_a_house_that_does_not_listen_knows_only_what_it_asked() -> None:
    assert list(compare_with_house(report(None), [standing()], None, listens=False)) == []
