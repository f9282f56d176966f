"""Three books are compared, and every difference is told."""

from uuid import UUID

import pytest

from cli.run.comparing import compare_with_house, compare_with_stripe
from sandbox.auction_house import Ending
from tests.run.builders import books, charge, report, standing, taken


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
def test_a_difference_to_stripes_books_is_told(stripe: list[dict[str, object]], ours: list, told: str) -> None:  # type: ignore[type-arg]
    (sentence,) = compare_with_stripe(books(*stripe), ours, [standing()])
    assert told in sentence


def test_two_kept_charges_of_one_payment_are_told() -> None:
    second = charge(id="ch_2", payment_intent="pi_2")
    found = compare_with_stripe(books(charge(), second), [taken(), taken(payment_intent_id="pi_2")], [standing()])
    assert "keeps 2 charges: ch_1, ch_2" in "".join(found)


def test_money_of_earlier_sales_need_not_be_in_the_books_of_a_new_sandbox() -> None:
    older = taken(session_id=UUID(int=9), payment_intent_id="pi_9")
    assert list(compare_with_stripe(books(charge()), [taken(), older], [standing()])) == []


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
    ending: Ending,
    payments: list,
    stripe: list,
    told: str,  # type: ignore[type-arg]
) -> None:
    assert told in "".join(compare_with_house(report(ending), payments, books(*stripe)))


def test_what_the_auction_house_found_amiss_is_told() -> None:
    found = compare_with_house(report(Ending.SOLD, "evt_1 came again with another content"), [standing()], None)
    assert list(found) == ["The auction house says: evt_1 came again with another content."]


def test_a_house_that_does_not_listen_knows_only_what_it_asked() -> None:
    assert list(compare_with_house(report(None), [standing()], None, listens=False)) == []
