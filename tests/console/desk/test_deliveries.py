"""Endpoints, outgoing events and letters: how they stand, and what operators do with them."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from tests.console.desk.conftest import Desk
from tests.house import House, house
from tests.listener import SECRET, Listener, listening

Sit = Callable[..., Desk]
PAGE = "/console/deliveries"


@pytest.fixture
def auction() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def home(database_url: str, auction: Listener) -> Iterator[House]:
    """A house whose auction and order services listen."""
    environ = {
        "AUCTION_WEBHOOK_URL": auction.url,
        "AUCTION_WEBHOOK_SECRET": SECRET,
        "ORDER_WEBHOOK_URL": auction.url,
        "ORDER_WEBHOOK_SECRET": SECRET,
    }
    with house(database_url, **environ) as home:
        yield home


def event_of(home: House, kind: str) -> str:
    return str(home.app.database.rows("SELECT id FROM outbox WHERE type = %s ORDER BY id", (kind,))[0][0])


def status_of(home: House, endpoint: str, event: str) -> tuple[str, bool]:
    sql = "SELECT status, late FROM deliveries WHERE endpoint = %s AND event_id = %s"
    status, late = home.app.database.rows(sql, (endpoint, event))[0]
    return status, late


def test_an_event_that_blocks_is_seen_and_dropped_and_what_waits_behind_it_goes_on(
    home: House, desk: Sit, auction: Listener
) -> None:
    auction.refuses = lambda event: 422 if event["type"] == "auction.payment_pending" else None
    session_id = home.opened(auction_id="lot-9")
    home.pay(session_id)
    home.hear()
    home.work()
    admin, event = desk("admin", "tomas"), event_of(home, "auction.payment_pending")
    page = admin.get(PAGE, endpoint="auction").text
    assert "1 more waits behind it" in page
    assert "Waits for no. 1 of its auction" in page
    assert "422" in page
    drop = f"{PAGE}/events/{event}/drop"
    assert "The event behind it goes on." in admin.get(drop, endpoint="auction").text
    assert status_of(home, "auction", event) == ("waiting", False)
    assert admin.act(drop, "They know it.", endpoint="auction").status_code == 303
    home.work()
    assert "auction.sold" in auction.types
    assert "event_dropped" in home.actions(session_id)
    assert "Dropped" in admin.get(PAGE, state="dropped").text

    again = f"{PAGE}/events/{event}/resend"
    auction.refuses = lambda _event: None
    assert desk("support").act(again, "Once more.", endpoint="auction").status_code == 303
    home.work()
    assert status_of(home, "auction", event) == ("sent", True)
    assert admin.get(f"{PAGE}/events/{event}").status_code == 200


def test_an_endpoint_is_paused_and_resumed(home: House, desk: Sit, auction: Listener) -> None:
    admin, pause = desk("admin", "tomas"), f"{PAGE}/endpoints/auction/pause"
    form = admin.form(pause) | {"reason": "They move house."}
    assert admin.post(pause, form).headers["location"] == f"{PAGE}?done=pause"
    answer = admin.post(pause, form)
    assert answer.status_code == 409
    assert "It is paused already, by admin:tomas: They move house." in answer.text
    home.require()
    home.work()
    assert "auction.payment_pending" not in auction.types
    page = admin.get(PAGE).text
    assert "The auction service is paused; 1 event waits." in page
    assert "They move house." in page
    assert admin.act(f"{PAGE}/endpoints/auction/resume").status_code == 303
    home.work()
    assert auction.types == ["auction.payment_pending"]
    kinds = [kind for (kind,) in home.app.database.rows("SELECT kind FROM security_events ORDER BY audit_seq")]
    assert kinds == ["endpoint_paused", "endpoint_resumed"]


def test_events_of_a_time_are_counted_first_and_then_sent_again(home: House, desk: Sit, auction: Listener) -> None:
    home.require()
    home.require(auction_id="auction-2", buyer_id="buyer-2")
    home.work()
    since = f"{home.time() - timedelta(hours=1):%Y-%m-%dT%H:%M}"
    admin, replay = desk("admin"), f"{PAGE}/replay"
    assert "Say to whom" in admin.get(replay).text
    asked = {"endpoint": "auction", "since": since}
    assert "Send 2 again" in admin.get(replay, **asked).text
    assert admin.act(replay, "Lost by them.", **asked).status_code == 303
    home.work()
    assert len(auction.late) == 2
    assert admin.get(replay, endpoint="auction", since="soon").status_code == 422


def test_lists_go_back_and_forth_and_refuse_what_means_nothing(home: House, desk: Sit) -> None:
    for number in range(32):
        home.time.forward(seconds=1)
        home.require(auction_id=f"lot-{number:02}", buyer_id=f"b-{number}")
    support = desk("support")
    first = support.get(PAGE, endpoint="auction").text
    assert "lot-31" in first
    assert "lot-01," not in first
    older = first.split('data-key="]"')[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
    second = support.get(older).text
    assert "lot-01," in second
    newer = second.split('data-key="["')[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
    assert "lot-31" in support.get(newer).text
    assert "lot-07" in support.get(PAGE, auction="lot-07").text
    assert "No event matches auction: nothing." in support.get(PAGE, auction="nothing").text
    for wrong in ({"endpoint": "x"}, {"state": "x"}, {"after": "x"}, {"after": "~"}, {"auction": "\x00"}):
        assert support.get(PAGE, **wrong).status_code == 422
    assert support.get(PAGE, q="evt_none").status_code == 404
    for wrong in ({"kind": "x"}, {"payment": "x"}, {"after": "x"}):
        assert support.get(f"{PAGE}/letters", **wrong).status_code == 422
    assert "Nobody was written to yet." in support.get(f"{PAGE}/letters").text


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_only_admins_stop_and_only_auditors_cannot_send_again(home: House, desk: Sit, role: str) -> None:
    home.require()
    home.work()
    event, somebody = event_of(home, "auction.payment_pending"), desk(role)
    for path, may in (
        (f"{PAGE}/endpoints/auction/pause", ()),
        (f"{PAGE}/replay", ()),
        (f"{PAGE}/events/{event}/drop?endpoint=auction", ()),
        (f"{PAGE}/events/{event}/resend", ("support",)),
    ):
        assert somebody.get(path).status_code == (200 if role in may else 403), path
        wanted = 403  # without the form's own token nobody may
        assert somebody.post(path, {"csrf": "x", "endpoint": "auction"}).status_code == wanted
    for path in (PAGE, f"{PAGE}/letters", f"{PAGE}/events/{event}"):
        page = somebody.get(path)
        assert page.status_code == 200
        assert "/pause" not in page.text
    assert ("resend" in somebody.get(f"{PAGE}/events/{event}").text) == (role == "support")
