"""Late money under both policies: sent back, or kept as long as nobody was told that the lot is free."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from domain.lifecycle import Status
from domain.transaction import Disposition, RefundStatus
from tests.house import House, house
from tests.listener import SECRET, Listener, listening
from tests.services.posting import MAKER, posting


@pytest.fixture
def auction() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def honoring(database_url: str, auction: Listener) -> Iterator[House]:
    with house(
        database_url,
        PAYMENT_LATE_POLICY="honor",
        AUCTION_WEBHOOK_URL=auction.url,
        AUCTION_WEBHOOK_SECRET=SECRET,
    ) as home:
        yield home
        assert home.app.check_invariants() == []


def expired_with_money_on_its_way(home: House) -> tuple[object, list[dict[str, object]]]:
    session_id = home.opened()
    home.app.deliver_events()
    home.pay(session_id)
    events = home.new_events()
    home.time.forward(hours=25)
    assert home.app.expire_windows() == 1
    return session_id, events


def test_it_is_honored_while_the_auction_has_not_been_told(honoring: House, auction: Listener) -> None:
    session_id, events = expired_with_money_on_its_way(honoring)
    honoring.hear(*events)
    honoring.work()

    payment = honoring.payment(session_id)  # type: ignore[arg-type]
    assert payment.session.status is Status.COMPLETED
    assert [one.disposition for one in payment.transactions] == [Disposition.KEPT]
    assert auction.types == ["auction.payment_pending", "auction.sold"]


def test_it_is_sent_back_once_the_auction_was_told(honoring: House, auction: Listener) -> None:
    session_id, events = expired_with_money_on_its_way(honoring)
    honoring.app.deliver_events()
    honoring.hear(*events)
    honoring.work()
    honoring.hear()

    payment = honoring.payment(session_id)  # type: ignore[arg-type]
    assert payment.session.status is Status.EXPIRED
    assert [refund.status for refund in payment.refunds] == [RefundStatus.SUCCEEDED]
    assert auction.types == ["auction.payment_pending", "auction.reopened"]


def test_it_is_sent_back_even_if_the_telling_failed_for_somebody_may_have_heard(
    honoring: House, auction: Listener
) -> None:
    auction.answers = [500]
    session_id, events = None, []
    session_id = honoring.opened()
    auction.answers = []
    honoring.app.deliver_events()
    honoring.pay(session_id)
    events = honoring.new_events()
    honoring.time.forward(hours=25)
    honoring.app.expire_windows()
    auction.answers = [500]
    honoring.app.deliver_events()
    honoring.hear(*events)
    honoring.forward(minutes=5)
    honoring.work()
    honoring.hear()
    assert honoring.payment(session_id).session.status is Status.EXPIRED
    assert len(honoring.payment(session_id).refunds) == 1


def test_it_is_sent_back_if_the_auction_was_told_and_is_to_be_told_again(honoring: House, auction: Listener) -> None:
    session_id, events = expired_with_money_on_its_way(honoring)
    honoring.app.deliver_events()
    (reopened,) = [name for name, event in auction.told if event["type"] == "auction.reopened"]
    event_id = UUID(reopened.removeprefix("evt_"))
    honoring.app.manage_deliveries.resend(event_id, None, "admin:ada", "they lost it")
    honoring.hear(*events)
    honoring.work()
    honoring.hear()

    assert honoring.payment(session_id).session.status is Status.EXPIRED  # type: ignore[arg-type]
    assert "auction.sold" not in auction.types


@pytest.mark.parametrize("told", [True, False])
def test_it_is_sent_back_once_the_maker_was_told(database_url: str, told: bool) -> None:
    with posting(database_url, PAYMENT_LATE_POLICY="honor") as post:
        session_id = post.home.opened(maker_email=MAKER)
        post.home.pay(session_id)
        events = post.home.new_events()
        post.home.time.forward(hours=25)
        assert post.home.app.expire_windows() == 1
        if told:
            post.send()
        post.home.hear(*events)
        post.home.work()
        post.home.hear()
        post.send()
        assert post.home.payment(session_id).session.status is (Status.EXPIRED if told else Status.COMPLETED)
        assert post.outcome("lot_not_paid") == (("sent", None) if told else ("dropped", "not_over"))
        assert len(post.to(MAKER)) == 1


def test_it_is_sent_back_if_the_lot_is_somebody_elses_by_now(honoring: House) -> None:
    session_id, events = expired_with_money_on_its_way(honoring)
    other = honoring.require(buyer_id="buyer-2")
    honoring.hear(*events)
    assert honoring.payment(session_id).session.status is Status.EXPIRED  # type: ignore[arg-type]
    assert honoring.payment(other).session.status is Status.PENDING
    honoring.work()
    honoring.hear()
    honoring.forward(hours=25)
    honoring.work()


def test_money_between_the_end_and_the_sweep_is_honored(honoring: House) -> None:
    session_id = honoring.opened()
    honoring.pay(session_id)
    events = honoring.new_events()
    end = honoring.payment(session_id).session.window_expires_at
    for event in events:
        event["created"] = int(end.timestamp()) + 8
    honoring.time.at = end.replace(microsecond=0)
    honoring.time.forward(seconds=9)
    honoring.hear(*events)
    assert honoring.payment(session_id).session.status is Status.COMPLETED
