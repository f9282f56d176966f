"""Queues are paused and resumed on a real database, and those who work are seen."""

from datetime import timedelta

import pytest

from domain.bells import PROCESS_EVENTS
from domain.errors import ActRefused
from services.show_life import ShowLife
from tests.house import House


def security(home: House) -> list[tuple[str, str]]:
    return home.app.database.rows("SELECT kind, data ->> 'queue' FROM security_events ORDER BY audit_seq")


def test_a_queue_is_paused_once_and_resumed_once_and_all_of_it_is_on_record(home: House) -> None:
    pauses = home.app.operating.pauses
    pauses.pause("events", "admin:ann", "Stripe is confused")
    with pytest.raises(ActRefused, match="paused already"):
        pauses.pause("events", "admin:ben", "me too")
    assert [(one.queue, one.paused_by, one.reason) for one in pauses.listed()] == [
        ("events", "admin:ann", "Stripe is confused")
    ]
    home.rung.clear()
    pauses.resume("events", "admin:ben", "it is well")
    assert home.rung == {PROCESS_EVENTS: 1}
    with pytest.raises(ActRefused, match="not paused"):
        pauses.resume("events", "admin:ann", "again")
    with pytest.raises(ActRefused, match="a reason must be given"):
        pauses.pause("events", "admin:ann", "  ")
    kinds = ["queue_paused", "act_refused", "queue_resumed", "act_refused", "act_refused"]
    assert security(home) == [(kind, "events") for kind in kinds]
    assert home.app.database.rows("SELECT count(*) FROM queue_pauses") == [(0,)]


def test_a_pause_with_an_end_is_over_by_itself_and_another_may_follow(home: House) -> None:
    pauses = home.app.operating.pauses
    pauses.pause("receipts", "admin:ann", "moving", home.time() + timedelta(minutes=5))
    home.forward(minutes=5)
    assert pauses.listed() == []
    assert home.app.show_life({}) == frozenset()
    with pytest.raises(ActRefused, match="not paused"):
        pauses.resume("receipts", "admin:ann", "late")
    pauses.pause("receipts", "admin:ben", "moving on")
    assert home.app.show_life({}) == {"receipts"}


def test_a_payment_tells_that_its_queue_is_paused(home: House) -> None:
    session_id = home.require()
    pauses = home.app.operating.pauses
    pauses.pause("receipts", "admin:ann", "moving")
    assert home.app.explain_payment(session_id).code == "pending.opening"
    pauses.pause("checkouts", "admin:ann", "Stripe asked us to.", home.time() + timedelta(minutes=9))
    told = home.app.explain_payment(session_id)
    assert told.code == "any.queue_paused"
    assert "Its checkout is neither opened nor closed at Stripe." in told.why
    assert "by ann: Stripe asked us to." in told.why
    pauses.pause("windows", "admin:ann", "why not")
    home.forward(hours=25)
    told = home.app.explain_payment(session_id)
    assert (told.code, told.you.text) == ("any.queue_paused", "Resume the queue.")
    assert "Its window is not closed when it ends" in told.why
    home.work()


def test_who_lives_is_seen_and_who_left_or_is_gone_for_long_is_not(home: House) -> None:
    first, second, third = (ShowLife(home.app.database, home.time, home.app.new_id, "worker") for _ in range(3))
    first({"queues": [], "threads": 8, "busy": {"events.process": 1}, "done": {"events": 30}, "seconds": 60.0})
    second({"queues": ["receipts"], "threads": 2})
    second.leave()
    standing = home.app.operating.queues()
    (seen,) = standing.processes
    assert (seen.report["threads"], seen.report["leases"], seen.is_gone(home.time())) == (8, 0, False)
    assert (standing.of("events").done, standing.of("events").served_by) == (30.0, 1)
    home.forward(seconds=11)
    standing = home.app.operating.queues()
    assert standing.processes[0].is_gone(home.time())
    assert (standing.of("events").done, standing.of("events").served_by) == (0.0, 0)
    home.forward(hours=2)
    third({})
    assert len(home.app.operating.queues().processes) == 1


def test_what_waits_is_counted_with_its_age_and_what_came(home: House) -> None:
    home.opened()
    home.require(auction_id="auction-2", buyer_id="buyer-2")
    home.forward(minutes=3)
    standing = home.app.operating.queues()
    assert not standing.broker_answers
    checkouts = standing.of("checkouts")
    assert (checkouts.waiting, checkouts.is_late(home.time()), checkouts.came) == (1, True, 0)
    assert checkouts.oldest is not None
    assert standing.windows == (0, 0, None)
    home.forward(hours=24)
    standing = home.app.operating.queues()
    assert (standing.of("windows").waiting, standing.windows.ended) == (2, 2)
    home.app.operating.pauses.pause("windows", "admin:ann", "why not")
    assert not home.app.operating.queues().of("windows").is_late(home.time())
