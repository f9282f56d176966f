"""What counts as lost, and as charged twice."""

from typing import Any
from uuid import UUID, uuid4

from cli.drill.books import charged_twice, lost
from cli.run.standing import Taken
from tests.run.builders import standing


def charge(auction: str, intent: str, refunded: int = 0) -> dict[str, Any]:
    return {
        "payment_intent": intent,
        "metadata": {"auction_id": auction},
        "amount_captured": 500,
        "amount_refunded": refunded,
    }


def taken(auction: str, intent: str, disposition: str = "kept", session: UUID | None = None) -> Taken:
    return Taken(session or uuid4(), auction, intent, 500, "USD", disposition, 0, None)


def test_a_lot_without_a_payment_or_whose_payment_never_ended_is_lost() -> None:
    payments = [standing(auction_id="a", status="completed"), standing(auction_id="b", status="pending")]
    assert lost({"a", "b", "c"}, payments, [], {"charges": []}) == {"b", "c"}


def test_money_that_we_do_not_know_or_that_stays_without_a_reason_is_lost() -> None:
    books = {"charges": [charge("a", "pi_1"), charge("b", "pi_2"), charge("c", "pi_3"), charge("d", "pi_4", 500)]}
    money = [taken("a", "pi_1"), taken("b", "pi_2", "late"), taken("d", "pi_4", "late")]
    assert lost(set(), [], money, books) == {"b", "c"}


def test_two_charges_of_a_lot_that_both_stay_are_one_too_many() -> None:
    stays = [charge("a", "pi_1"), charge("a", "pi_2"), charge("b", "pi_3"), charge("b", "pi_4", 500)]
    assert charged_twice({"charges": stays}) == {"a"}
