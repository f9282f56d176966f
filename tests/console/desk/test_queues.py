"""Queues and workers: pausing and resuming, who may, and what is shown."""

from collections.abc import Callable

from services.show_life import ShowLife
from tests.console.desk.conftest import Desk
from tests.house import House

Sit = Callable[..., Desk]
BASE = "/console/queues"


def worker(home: House, **report: object) -> None:
    ShowLife(home.app.database, home.time, home.app.new_id, "worker")(
        {"queues": [], "threads": 8, "busy": {}, "done": {}, "seconds": 60.0} | report
    )


def test_the_title_answers_whether_it_keeps_up(home: House, desk: Sit) -> None:
    support = desk("support")
    assert "No worker is alive. Nothing is done." in support.get(BASE).text
    worker(home, queues=["receipts"], done={"receipts": 30})
    assert "Nobody serves payment_required, checkouts, events and others." in support.get(BASE).text
    worker(home)
    assert "Queues keep up." in support.get(BASE).text
    home.require()
    home.forward(minutes=3)
    worker(home)
    assert "Work waits too long in checkouts" in support.get(BASE).text


def test_an_admin_pauses_a_queue_after_reading_what_stops_and_resumes_it(home: House, desk: Sit) -> None:
    home.opened()
    home.forward(hours=23, minutes=30)
    worker(home)
    admin = desk("admin", "tomas")
    plan = admin.get(f"{BASE}/windows/pause", minutes="").text
    assert "Windows that end stay open" in plan
    assert "Windows that end within the hour: 1." in plan
    assert "until somebody resumes it" in plan
    assert home.app.operating.pauses.listed() == []
    answer = admin.act(f"{BASE}/windows/pause", "the clock is wrong", minutes="60")
    assert answer.headers["location"] == f"{BASE}?done=pause"
    (pause,) = home.app.operating.pauses.listed()
    assert (pause.queue, pause.paused_by, pause.reason) == ("windows", "admin:tomas", "the clock is wrong")
    page = admin.get(BASE, done="pause").text
    assert "One is paused." in page
    assert "The queue windows is paused." in admin.get("/console").text
    assert "the clock is wrong" in page
    assert "1 window end within the hour." in page
    assert admin.act(f"{BASE}/windows/resume", "it is right").headers["location"] == f"{BASE}?done=resume"
    assert home.app.operating.pauses.listed() == []


def test_a_form_sent_twice_pauses_once_and_an_old_plan_does_nothing(home: House, desk: Sit) -> None:
    admin, path = desk("admin"), f"{BASE}/refunds/pause"
    form = admin.form(path) | {"reason": "once"}
    assert [admin.post(path, form).status_code for _ in range(2)] == [303, 409]
    assert "It is not paused." in admin.get(f"{BASE}/events/resume").text
    assert admin.post(path, form | {"minutes": "7"}).status_code == 422
    assert admin.get(f"{BASE}/nobody/pause").status_code == 404
    assert admin.get(f"{BASE}/events/stop").status_code == 404


def test_who_is_no_admin_looks_and_is_told_whom_to_ask(home: House, desk: Sit) -> None:
    for role in ("support", "auditor"):
        somebody = desk(role)
        assert "/console/queues/events/pause" not in somebody.get(BASE).text
        assert somebody.get(f"{BASE}/events/pause").status_code == 403
        assert somebody.post(f"{BASE}/events/pause", {"csrf": "x"}).status_code == 403
    assert home.app.operating.pauses.listed() == []
