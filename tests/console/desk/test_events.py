"""Stripe's events: found, read, and replayed after a try that keeps nothing."""

from collections.abc import Callable
from uuid import UUID

import orjson

from tests.console.desk.conftest import Desk
from tests.house import House

Sit = Callable[..., Desk]
BASE = "/console/events"


def paid(home: House) -> UUID:
    session_id = home.opened()
    home.pay(session_id)
    home.forward(seconds=30)
    return session_id


def states(home: House) -> dict[str, str]:
    return dict(home.app.database.rows("SELECT stripe_event_id, status FROM webhook_events"))


def test_events_are_listed_filtered_and_shown_without_addresses(home: House, desk: Sit) -> None:
    session_id = paid(home)
    home.hear()
    support = desk("support")
    page = support.get(BASE)
    assert page.status_code == 200, page.text
    assert "Stripe is heard. Nothing waits." in page.text
    assert (
        "checkout.session.completed" in support.get(BASE, type="checkout.*", state="done", payment=str(session_id)).text
    )
    assert "No event matches state: " not in page.text
    assert "No event matches type: nothing.*." in support.get(BASE, type="nothing.*").text
    event = next(one for one in states(home) if one in support.get(BASE, type="checkout.session.completed").text)
    shown = support.get(f"{BASE}/{event}")
    assert shown.status_code == 200
    assert "buyer@example.com" not in shown.text
    assert "/pay/" not in shown.text
    assert f"/console/payments/{session_id}" in shown.text
    assert event in support.get(BASE, q=event).text
    assert support.get(f"{BASE}/evt_nothing").status_code == 404
    for wrong in ({"state": "gone"}, {"since": "ever"}, {"payment": "x"}, {"after": "x"}):
        assert support.get(BASE, **wrong).status_code == 422


def test_a_plan_tells_what_replaying_would_change_and_keeps_nothing_of_it(home: House, desk: Sit) -> None:
    session_id = paid(home)
    events = home.new_events()
    home.app.receive_events([home.app.read_event(orjson.dumps(one)) for one in events])
    home.app.database.rows("UPDATE webhook_events SET status = 'set_aside', reason = 'unmatched_event: x' RETURNING 1")
    before, support = home.payment(session_id), desk("support", "ines")
    completed = next(one["id"] for one in events if one["type"] == "checkout.session.completed")
    assert "Set aside" in support.get(f"{BASE}/{completed}").text
    path = f"{BASE}/{completed}/replay"
    plan = support.get(path).text
    assert "It would change its payment:" in plan
    assert "checkout completed" in plan
    assert home.payment(session_id).session == before.session
    assert states(home)[completed] == "set_aside"
    assert support.act(path, "the fix is out").headers["location"] == f"{BASE}/{completed}?done=replay"
    home.process()
    assert home.payment(session_id).session.status == "completed"
    assert states(home)[completed] == "done"
    assert "It would change nothing: what it says is known." in support.get(path).text
    every = f"{BASE}/set-aside/replay"
    assert f"{len(events) - 1} of {len(events) - 1} events" in support.get(every).text
    assert support.act(every, "all of them").status_code == 303
    home.process()
    assert "set_aside" not in states(home).values()
    assert "Nothing of that kind was set aside." in support.get(every).text
    rows = home.app.database.rows(
        "SELECT actor, data ->> 'reason' FROM security_events WHERE kind = 'webhooks_replayed'"
    )
    assert rows == [("support:ines", "the fix is out"), ("support:ines", "all of them")]


def test_auditors_look_and_replay_nothing(home: House, desk: Sit) -> None:
    paid(home)
    home.hear()
    event, auditor = next(iter(states(home))), desk("auditor")
    assert f"{event}/replay" not in auditor.get(f"{BASE}/{event}").text
    for path in (f"{BASE}/{event}/replay", f"{BASE}/set-aside/replay"):
        assert auditor.get(path).status_code == 403
        assert auditor.post(path, {"csrf": "x"}).status_code == 403
