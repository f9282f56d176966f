"""What the buyer's page says where money came and was not kept: where it is, and whether one can still pay."""

from typing import Any

import pytest

from console.pages.buyers_page import WORDS, BuyersPage, Facts, buyers_page
from console.pages.languages import LANGUAGES
from console.pages.stages import stage_of
from domain.attempt import AttemptCause, AttemptStatus
from domain.dispute import DisputeStatus
from domain.lifecycle import Status
from domain.payment import Payment
from domain.policies import AttemptKind, Policy
from domain.restating import HELD_MONEY_RETURNED
from domain.transaction import Disposition, RefundStatus
from runtime.settings import HouseSettings
from tests.domain.payments import ASKED, after
from tests.domain.standing.rows import INSTANT, LATER, STANDARD, another, change, declined, dispute, refund, with_money

HOUSE = HouseSettings(name="House", address=None, email="help@example.com")


def returned(**session: Any) -> Payment:
    payment = with_money(Disposition.HELD, Status.FAILED)
    change(payment.session, reason=HELD_MONEY_RETURNED, **session)
    return payment


def page_of(payment: Payment, policy: Policy = STANDARD, language: str = "en") -> BuyersPage:
    stage = stage_of(payment, policy, LATER, back_from_paying=False)
    return buyers_page(Facts(payment, policy, stage, HOUSE, LATER), WORDS[language], LANGUAGES[language])


def lost(payment: Payment) -> None:
    dispute(payment, DisputeStatus.LOST, closed_at=after(58), lost_minor=ASKED.minor)


def settled(payment: Payment) -> None:
    refund(payment, RefundStatus.FAILED, settled_at=after(58))
    payment.transactions[0].settled_minor = ASKED.minor


def bounced(payment: Payment) -> None:
    refund(payment, RefundStatus.FAILED, 20_000)
    refund(payment, RefundStatus.SUCCEEDED, 7_550)


def sent(payment: Payment) -> None:
    refund(payment, RefundStatus.SUCCEEDED)


@pytest.mark.parametrize(
    ("back", "english", "german"),
    [
        (sent, "so we send back all that came. That takes 5 to 10 days.", "senden alles zurück"),
        (lost, "All that came has gone back, or is on its way to you.", "ist zurückgegangen oder auf dem Weg"),
        (settled, "All that came has gone back, or is on its way to you.", "ist zurückgegangen oder auf dem Weg"),
        (bounced, "$200.00 of it has not reached you yet: we owe it to you.", "schulden Ihnen diesen Betrag"),
    ],
)
def test_the_page_says_where_the_money_is_and_promises_no_refund_that_is_not_sent(
    back: Any, english: str, german: str
) -> None:
    payment = returned()
    back(payment)
    page = page_of(payment)
    assert english in page.text
    assert "You can pay $275.50 until the time below." in page.text
    assert page.may_retry
    assert german in page_of(payment, language="de").text


def test_nobody_is_told_to_pay_where_nothing_is_open_to_pay_through() -> None:
    at_once, used_up, plain = returned(), returned(retry_count=3), declined(retry_count=3)
    at_once.attempts[0].kind = AttemptKind.PAYMENT_INTENT
    plain.attempts[0].status = AttemptStatus.CLOSED
    for payment in (at_once, used_up, plain):
        policy = INSTANT if payment is at_once else STANDARD
        page = page_of(payment, policy)
        assert "You cannot pay on this page now. Do you still want the lot?" in page.text
        assert '<a href="mailto:help@example.com">Write to us</a> before <time' in page.text
        assert "until the time below" not in page.text
        assert (page.time, page.pay_url, page.may_retry) == (None, None, False)
        assert "zurzeit nicht zahlen" in page_of(payment, policy, "de").text


def test_who_can_still_pay_is_told_so_and_until_when() -> None:
    plain = declined(retry_count=3)
    assert "You can still pay with <b>another card</b> until the time below." in page_of(plain).text
    used_up = returned(retry_count=3)
    another(used_up, AttemptCause.REPLACEMENT, status=AttemptStatus.OPEN, url="https://stripe.example/pay")
    page = page_of(used_up)
    assert "You can pay $275.50 until the time below." in page.text
    assert page.time is not None
    assert page.pay_url == "https://stripe.example/pay"
