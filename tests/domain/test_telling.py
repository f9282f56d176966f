"""What buyers and makers are told of a payment, and what only the house knows."""

import pytest

from domain.telling import HARMLESS, SUSPICIONS, Audience, reason_for
from domain.wording.reasons import CONCEALED, UNEXPLAINED

HOUSE = (Audience.STAFF, Audience.SERVICE)


@pytest.mark.parametrize("code", sorted(CONCEALED | UNEXPLAINED | {"a_code_of_next_year"}))
def test_a_bank_that_suspects_somebody_is_not_told_from_one_that_gives_no_reason(code: str) -> None:
    assert [reason_for(code, to) for to in HOUSE] == [code, code]
    assert reason_for(code, Audience.BUYER) == reason_for(code, Audience.MAKER) == "declined"


def test_buyers_hear_what_they_can_do_something_about_and_makers_that_it_was_declined() -> None:
    told_to = {to: reason_for("insufficient_funds", to) for to in Audience}
    assert told_to == {
        Audience.STAFF: "insufficient_funds",
        Audience.SERVICE: "insufficient_funds",
        Audience.BUYER: "declined_money",
        Audience.MAKER: "declined",
    }


def test_of_a_hold_for_risk_nobody_outside_the_house_hears_why() -> None:
    for reason in SUSPICIONS:
        assert [reason_for(reason, to) for to in Audience] == [reason, reason, None, None]


def test_what_harms_nobody_is_told_to_everybody_as_it_is() -> None:
    for reason in (*HARMLESS, None):
        assert {reason_for(reason, to) for to in Audience} == {reason}
