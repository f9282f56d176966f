"""`gavelpay events`."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
from click.testing import Result
from redis import Redis

from tests.house import House

Run = Callable[..., Result]
Told = Callable[..., Any]


def paid(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    home.hear()


def test_events_are_listed_and_found_by_what_is_known_of_them(home: House, run: Run, told: Told) -> None:
    paid(home)

    every = told("events", "list")
    completed = told("events", "list", "--type", "checkout.session.completed")

    assert {"done"} <= {event["status"] for event in every}
    assert [event["type"] for event in completed] == ["checkout.session.completed"]
    assert completed[0]["stripeEventId"].startswith("evt_")
    assert completed[0]["sessionId"] == str(home.app.view_payments.listed()[0].session.id)
    assert {event["type"].split(".")[0] for event in told("events", "list", "--type", "payment_intent.*")} == {
        "payment_intent"
    }
    assert told("events", "list", "--type", "checkout%") == []
    assert told("events", "list", "--status", "set_aside") == []
    assert len(told("events", "list", "--limit", "1")) == 1
    assert len(told("events", "list", "--session", completed[0]["sessionId"])) >= 1
    assert completed[0]["stripeEventId"] in run("events", "list").output


def test_events_are_found_by_when_they_came(home: House, run: Run, told: Told) -> None:
    home.time.at -= timedelta(hours=3)
    paid(home)

    assert told("events", "list", "--since", "1h") == []
    assert told("events", "list", "--since", "4h") != []
    assert told("events", "list", "--since", "2026-01-01T00:00") != []
    assert told("events", "list", "--since", "2026-01-01T00:00+02:00") != []
    assert run("events", "list", "--since", "yesterday").exit_code == 2


def test_an_event_is_shown_as_stripe_sent_it(home: House, run: Run, told: Told) -> None:
    home.opened()
    event = {
        "object": "event",
        "id": "evt_Mixed1",
        "type": "a.b",
        "created": 1,
        "livemode": False,
        "data": {"object": {}},
    }
    body = orjson.dumps(event) + b"  "
    home.app.receive_events([home.app.read_event(body)])
    (stored,) = told("events", "list", "--type", "a.b")

    assert run("events", "show", "evt_Mixed1").stdout_bytes == body + b"\n"
    assert run("events", "show", stored["id"].upper()).stdout_bytes == body + b"\n"
    assert told("events", "show", "evt_Mixed1") == stored | {"body": event}
    assert run("events", "show", "evt_none").stderr == "Error: There is no event evt_none.\n"


def test_replayed_events_wait_to_be_processed_again_and_change_nothing(
    home: House, run: Run, told: Told, redis_url: str
) -> None:
    paid(home)
    events = told("events", "list", "--type", "checkout.session.completed")

    result = run("events", "replay", events[0]["stripeEventId"], "evt_none", events[0]["id"])

    assert result.exit_code == 1
    assert result.stdout.count("waits to be processed again") == 1
    assert result.stderr == "Error: There is no event evt_none.\n"
    assert [event["status"] for event in told("events", "list", "--status", "waiting")] == ["waiting"]
    with Redis.from_url(redis_url) as redis:
        assert redis.keys("dramatiq*")
    home.forward(seconds=30)
    home.process()
    assert told("events", "list", "--status", "waiting") == []
    (payment,) = home.app.view_payments.listed()
    assert payment.session.status == "completed"
    assert len(payment.transactions) == 1


def test_a_dry_run_tells_what_replaying_would_change(run: Run, told: Told, home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    home.hear()
    (event,) = home.app.database.rows(
        "SELECT stripe_event_id FROM webhook_events WHERE type = 'checkout.session.completed'"
    )
    (one,) = told("events", "replay", event[0], "--dry-run")
    assert (one["status"], one["changes"]) == ("done", [])
    assert "Nothing has changed yet." in run("events", "replay", event[0], "--dry-run").output
    assert told("events", "list", "--type", "checkout.session.completed")[0]["status"] == "done"


def test_what_was_set_aside_and_cannot_be_done_is_let_go_with_a_reason(home: House, run: Run, told: Told) -> None:
    paid(home)
    event = told("events", "list", "--type", "checkout.session.completed")[0]["stripeEventId"]
    assert run("events", "dismiss", event, "--reason", "x").stderr == "Error: 1 of them are not set aside.\n"
    with home.app.database.transaction() as connection:
        connection.execute("UPDATE webhook_events SET status = 'set_aside' WHERE stripe_event_id = %s", (event,))

    done = run("events", "dismiss", event, event, "--reason", "its payment was sent back")

    assert (done.exit_code, done.stdout) == (0, "1 dismissed.\n")
    (now,) = (one for one in told("events", "list") if one["stripeEventId"] == event)
    assert (now["status"], now["reason"]) == ("ignored", "dismissed: its payment was sent back")
    noted = home.app.database.rows("SELECT data ->> 'reason' FROM security_events WHERE kind = 'webhooks_dismissed'")
    assert noted == [("its payment was sent back",)]
