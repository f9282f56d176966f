"""`gavelpay deliveries`."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from click.testing import Result

from domain.delivering import GIVE_UP
from domain.payment import Announcement
from tests.house import House, house
from tests.listener import SECRET, Listener, listening

Run = Callable[..., Result]
Told = Callable[..., Any]
WHY = ("--reason", "asked by telephone")


@pytest.fixture
def auction() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def home(database_url: str, auction: Listener) -> Iterator[House]:
    with house(database_url, AUCTION_WEBHOOK_URL=auction.url, AUCTION_WEBHOOK_SECRET=SECRET) as home:
        yield home
        assert home.app.check_invariants() == []


def security_events(home: House) -> list[tuple[str, str | None]]:
    rows = home.app.database.rows("SELECT kind, data->>'reason' FROM security_events ORDER BY audit_seq")
    return [(kind, reason) for kind, reason in rows]


def test_what_waits_is_listed_and_shown(run: Run, told: Told, home: House, auction: Listener) -> None:
    assert run("deliveries", "list").output == "Nothing of that kind.\n"
    session_id = home.require()
    auction.answers = [500]
    home.app.deliver_events()

    (one,) = told("deliveries", "list", "--endpoint", "auction", "--auction", "auction-1")
    assert (one["status"], one["tries"], one["lastError"]) == ("waiting", 1, "auction answered 500")
    assert (one["sessionId"], one["sequence"], one["late"]) == (str(session_id), 1, False)
    shown = told("deliveries", "show", one["id"])
    assert shown["body"]["type"] == "auction.payment_pending"
    assert [delivery["endpoint"] for delivery in shown["deliveries"]] == ["auction"]
    assert one["id"] in run("deliveries", "list").output
    printed = run("deliveries", "show", one["id"].removeprefix("evt_")).output
    assert '{"type":"auction.payment_pending"' in printed
    assert "auction answered 500" in printed
    assert told("deliveries", "list", "--status", "sent") == []


def test_an_unknown_event_and_an_impossible_id_are_told_apart(run: Run, home: House) -> None:
    unknown = run("deliveries", "show", "evt_0199c2f06a107bd19d5e2f1b7c1f0a11")
    assert (unknown.exit_code, unknown.stderr) == (1, "Error: There is no such event.\n")
    assert run("deliveries", "show", "lot-1").exit_code == 2


def test_an_event_is_sent_again_and_its_payment_says_so(run: Run, told: Told, home: House, auction: Listener) -> None:
    session_id = home.require()
    (one,) = told("deliveries", "list")
    early = run("deliveries", "resend", one["id"], *WHY)
    assert early.exit_code == 1
    assert "on its way" in early.stderr
    home.app.deliver_events()

    assert run("deliveries", "resend", one["id"], *WHY).output == "1 on their way again.\n"
    home.forward(minutes=1)  # the command runs by the real clock, which goes on
    home.app.deliver_events()
    assert [name for name, _ in auction.told] == [one["id"]] * 2
    assert auction.late == [one["id"]]
    assert home.actions(session_id)[-2:] == ["event_resent_refused", "event_resent"]
    assert security_events(home)[0][0] == "act_refused"


def test_a_dead_letter_whose_event_is_sent_again_is_dealt_with(
    run: Run, told: Told, home: House, auction: Listener
) -> None:
    auction.answers = [500, 500]
    home.require()
    home.app.deliver_events()
    home.forward(seconds=GIVE_UP.total_seconds())
    home.app.deliver_events()
    (one,) = told("deliveries", "list", "--status", "given_up")

    run("deliveries", "resend", one["id"], "--endpoint", "auction", *WHY)
    assert told("dead-letters", "list") == []
    home.work()
    assert auction.late == [one["id"]]


def test_all_that_was_lost_is_replayed_in_order(run: Run, told: Told, home: House, auction: Listener) -> None:
    for number in range(3):
        home.require(auction_id=f"auction-{number}")
        home.app.close_by_request(home.require(auction_id=f"auction-{number}"), "admin:alice")
    home.work()
    first = list(auction.told)
    auction.told.clear()

    day = f"{home.time() - timedelta(days=1):%Y-%m-%d}"
    assert (
        run("deliveries", "resend", "--endpoint", "auction", "--since", day, *WHY).output == "6 on their way again.\n"
    )
    home.forward(minutes=1)  # the command runs by the real clock, which goes on
    home.work()
    assert sorted(auction.told, key=str) == sorted(first, key=str)
    for number in range(3):
        mine = [one["type"] for _, one in auction.told if one["data"]["auctionId"] == f"auction-{number}"]
        assert mine == ["auction.payment_pending", "auction.reopened"]
    assert len(auction.late) == 6
    assert security_events(home) == [("events_resent", "asked by telephone")]
    assert run("deliveries", "resend", "--endpoint", "auction", "--since", day, "--until", day, *WHY).output[0] == "0"


def test_resend_wants_events_or_a_time_with_an_endpoint(run: Run, home: House) -> None:
    assert run("deliveries", "resend", *WHY).exit_code == 2
    assert run("deliveries", "resend", "--since", "2026-11-21", *WHY).exit_code == 2
    blank = run("deliveries", "resend", "--since", "2026-11-21", "--endpoint", "queue", "--reason", " ")
    assert (blank.exit_code, blank.stderr) == (1, "Error: A reason must be given.\n")


def test_what_is_dropped_holds_up_nothing_any_more(run: Run, told: Told, home: House, auction: Listener) -> None:
    auction.refuses = lambda event: 422 if event["type"] == "auction.payment_pending" else None
    session_id = home.require()
    home.app.close_by_request(session_id, "admin:alice")
    home.app.deliver_events()
    (pending,) = [one for one in told("deliveries", "list") if one["type"] == "auction.payment_pending"]

    assert run("deliveries", "drop", pending["id"], "--endpoint", "auction", *WHY).output == "Dropped.\n"
    again = run("deliveries", "drop", pending["id"], "--endpoint", "auction", *WHY)
    assert "does not wait for auction" in again.stderr
    home.app.deliver_events()
    assert auction.types == ["auction.reopened"]
    assert "event_dropped" in home.actions(session_id)
    home.work()


def test_an_endpoint_is_paused_and_resumed(run: Run, told: Told, home: House, auction: Listener) -> None:
    assert run("deliveries", "pause", "auction", *WHY).exit_code == 0
    assert "paused already" in run("deliveries", "pause", "auction", *WHY).stderr
    home.require()
    home.app.deliver_events()
    assert auction.asked == 0
    paused, order, queue = told("deliveries", "endpoints")
    assert (paused["endpoint"], paused["state"], paused["waiting"]) == ("auction", "paused", 1)
    assert paused["pauseReason"] == "asked by telephone"
    assert (order["state"], queue["state"]) == ("healthy", "healthy")
    assert "asked by telephone" in run("deliveries", "endpoints").output

    assert run("deliveries", "resume", "auction", *WHY).output == "Resumed.\n"
    assert "not paused" in run("deliveries", "resume", "auction", *WHY).stderr
    home.forward(minutes=1)  # the command runs by the real clock, which goes on
    home.app.deliver_events()
    assert auction.types == ["auction.payment_pending"]
    assert [kind for kind, _ in security_events(home)] == [
        "endpoint_paused",
        "act_refused",
        "endpoint_resumed",
        "act_refused",
    ]
    home.work()


def test_an_event_without_a_payment_is_acted_on_as_well(home: House, auction: Listener) -> None:
    told = {"auctionId": "lot-9", "sessionId": None, "buyerId": "b", "reason": "seller_is_buyer"}
    with home.app.store.begin() as uow:
        uow.announce_once({"key": Announcement("auction.payment_failed", "lot-9", home.time(), told)})
    home.work()
    ((event_id,),) = home.app.database.rows("SELECT id FROM outbox")
    assert home.app.manage_deliveries.resend(event_id, None, "cli:alice", "lost") == 1
    assert security_events(home) == [("events_resent", "lost")]
    home.work()
