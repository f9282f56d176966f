"""What is sold is decided by the seed."""

import pytest

from domain.messages import read_payment_required
from sandbox.auction_house import Habit, Lot, plan_lots


def lots(count: int = 40, seed: int = 1, **more: bool) -> list[Lot]:
    return plan_lots(count, seed=seed, rate=4.0, sale="spring", **more)


def test_the_same_seed_plans_the_same_sale() -> None:
    assert lots() == lots()
    assert lots() != lots(seed=2)


def test_every_habit_is_met_as_soon_as_there_are_lots_enough() -> None:
    assert {lot.habit for lot in lots(len(Habit))} == set(Habit)


def test_a_small_sale_is_planned_too() -> None:
    assert len(lots(3)) == 3
    assert lots(0) == []


def test_half_of_the_requests_go_by_queue() -> None:
    assert sum(lot.by_queue for lot in lots()) == 20
    assert not any(lot.by_queue for lot in lots(queue=False))


def test_auctions_have_ids_of_their_own_and_follow_the_rate() -> None:
    assert len({lot.auction_id for lot in lots()}) == 40
    assert [lot.hammer_at for lot in lots(3)] == [0.0, 0.25, 0.5]


@pytest.mark.parametrize("lot", lots(), ids=lambda lot: lot.auction_id)
def test_the_payment_system_understands_every_message(lot: Lot) -> None:
    assert read_payment_required(lot.message()).auction_id == lot.auction_id


def test_the_form_of_the_http_api_is_camel_case_with_a_number() -> None:
    form = lots(1)[0].form()
    assert {"auctionId", "buyerId", "makerId", "buyerEmail", "currency", "title"} < form.keys()
    assert isinstance(form["amount"], float)
