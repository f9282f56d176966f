"""Webhooks that were lost are found in Stripe's list of events, and do what they would have done."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from domain.lifecycle import Status
from services.reconcile_events import ReconcileEvents
from tests.crashes import Died, DiesAfterCall, DiesBeforeCall, DiesBeforeCommit
from tests.house import House
from tests.services.reconciling import calls, drain, lose, only, pass_time, sweep

POINTS = [
    "before the claim is committed",
    "before the call",
    "after the call",
    "before the events",
    "before the record",
]


def dying(home: House, point: str) -> ReconcileEvents:
    use_case = home.app.reconcile_events
    changes: dict[str, Callable[[], dict[str, Any]]] = {
        POINTS[0]: lambda: {"begin": DiesBeforeCommit(use_case.begin, 1)},
        POINTS[1]: lambda: {"stripe": DiesBeforeCall(use_case.stripe, "list_events")},
        POINTS[2]: lambda: {"stripe": DiesAfterCall(use_case.stripe, "list_events")},
        POINTS[3]: lambda: {"receive": replace(use_case.receive, begin=DiesBeforeCommit(use_case.begin, 1))},
        POINTS[4]: lambda: {"begin": DiesBeforeCommit(use_case.begin, 3)},
    }
    return replace(use_case, **changes[point]())


def listed(home: House) -> int:
    return calls(home).get("events.list", 0)


def test_a_payment_whose_webhooks_were_all_lost_is_completed_within_minutes(home: House) -> None:
    session_id = home.opened()
    sweep(home)
    home.pay(session_id)
    home.forward(seconds=30)
    assert "checkout.session.completed" in lose(home)
    pass_time(home, minutes=6)

    payment = home.payment(session_id)
    assert payment.session.status is Status.COMPLETED
    assert home.told() == ["auction.payment_pending", "auction.sold", "order.requested"]
    sources = home.app.database.rows("SELECT DISTINCT source FROM webhook_events")
    assert sources == [("reconciliation",)]
    assert listed(home) <= 2


def test_a_clock_that_is_ahead_of_stripes_misses_no_event(home: House) -> None:
    ahead = replace(home.app.reconcile_events, now=lambda: home.time() + timedelta(minutes=10))
    session_id = home.opened()
    home.forward(minutes=30)
    assert drain(ahead) == 1
    home.forward(seconds=5)
    home.pay(session_id)
    lose(home)
    home.forward(minutes=30)
    drain(ahead)
    home.process()
    assert home.payment(session_id).session.status is Status.COMPLETED


def test_a_lost_decline_does_not_undo_the_payment_that_followed(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id, "4000000000000002")
    home.forward(seconds=5)
    home.pay(session_id)
    events = home.new_events()
    home.hear(*only(events, "checkout.session.completed"))
    pass_time(home, minutes=30)
    assert home.payment(session_id).session.status is Status.COMPLETED
    assert home.told().count("auction.payment_failed") == 0


def test_webhooks_that_come_after_all_are_repeats(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    home.forward(seconds=30)
    late = home.new_events()
    pass_time(home, minutes=6)
    home.hear(*late)
    assert home.told() == ["auction.payment_pending", "auction.sold", "order.requested"]
    assert len(home.payment(session_id).transactions) == 1


@pytest.mark.parametrize("point", POINTS)
def test_it_survives_death_at_any_line(home: House, point: str) -> None:
    session_id = home.opened()
    home.pay(session_id)
    sweep(home)
    lose(home)
    home.forward(minutes=6)
    with pytest.raises(Died):
        dying(home, point)()
    home.leases_run_out()
    with home.app.database.transaction() as connection:
        connection.execute("UPDATE cursors SET leased_until = NULL")
    sweep(home)
    home.forward(minutes=1)
    sweep(home)
    assert home.payment(session_id).session.status is Status.COMPLETED
    assert home.told() == ["auction.payment_pending", "auction.sold", "order.requested"]


def test_while_another_worker_has_the_list_in_hand_nobody_else_reads_it(home: House) -> None:
    home.opened()
    sweep(home)
    home.forward(minutes=6)
    with pytest.raises(Died):
        dying(home, POINTS[1])()
    assert home.app.reconcile_events() == 0


def test_who_has_lost_the_lease_does_not_move_the_cursor(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    sweep(home)
    home.forward(minutes=6)

    class Slow:
        """While this worker waits for Stripe, its lease runs out and another one does the work."""

        def list_events(self, *args: Any, **kwargs: Any) -> Any:
            page = home.app.stripe.list_events(*args, **kwargs)
            with home.app.database.transaction() as connection:
                connection.execute("UPDATE cursors SET leased_until = NULL")
            drain(home.app.reconcile_events)
            return replace(page, after="evt_stale")

    replace(home.app.reconcile_events, stripe=Slow())()
    ((value,),) = home.app.database.rows("SELECT value FROM cursors WHERE name = 'stripe_events'")
    assert (value["until"], value["after"]) == (None, None)
    home.process()
    assert home.payment(session_id).session.status is Status.COMPLETED


def test_after_we_were_away_it_is_looked_at_once(home: House) -> None:
    session_id = home.opened()
    pass_time(home, minutes=6)
    home.pay(session_id)
    lose(home)
    before = listed(home)
    home.forward(minutes=2)  # nobody sweeps: far less than the usual wait, and longer than any sweep
    sweep(home)
    assert listed(home) == before + 1
    assert home.payment(session_id).session.status is Status.COMPLETED


def test_after_stripe_was_away_it_is_looked_at_once(home: House) -> None:
    first = home.opened()
    pass_time(home, minutes=6)
    home.require(auction_id="auction-2")
    home.sandbox.fault("error_before", count=50, status=503)
    for _ in range(3):
        home.forward(seconds=20)
        sweep(home)
    home.pay(first)
    lose(home)
    home.sandbox.clear_faults()
    before = listed(home)
    pass_time(home, minutes=1.5)
    assert listed(home) == before + 1
    assert home.payment(first).session.status is Status.COMPLETED


def test_while_stripe_is_away_it_is_asked_again_with_patience(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    lose(home)
    home.forward(minutes=6)
    home.sandbox.fault("error_before", "events.list", count=2, status=503)
    sweep(home)
    assert home.payment(session_id).session.status is Status.PENDING
    pass_time(home, minutes=3)
    assert home.payment(session_id).session.status is Status.COMPLETED


def test_a_long_list_is_read_page_by_page_and_gone_on_with_after_a_death(home: House) -> None:
    sessions = [home.opened(auction_id=f"auction-{number}", policy="instant") for number in range(60)]
    for session_id in sessions:
        home.pay(session_id, "4000000000000002")
        home.pay(session_id)
    sweep(home)
    lose(home)
    home.forward(minutes=6)
    assert home.app.reconcile_events() == 1
    with pytest.raises(Died):
        dying(home, POINTS[2])()
    with home.app.database.transaction() as connection:
        connection.execute("UPDATE cursors SET leased_until = NULL")
    assert drain(home.app.reconcile_events) == 1
    home.process()
    assert {home.payment(one).session.status for one in sessions} == {Status.COMPLETED}


def test_a_place_that_stripe_has_forgotten_is_no_place_to_go_on_from(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    sweep(home)
    home.forward(minutes=6)
    with home.app.database.transaction() as connection:
        connection.execute(
            """UPDATE cursors SET value = value || jsonb_build_object('after', 'evt_gone', 'until', %s::text)
                WHERE name = 'stripe_events'""",
            (home.time().isoformat(),),
        )
    pass_time(home, minutes=2)
    assert home.payment(session_id).session.status is Status.COMPLETED


def test_an_event_that_is_none_is_passed_by(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    sweep(home)
    home.forward(minutes=6)

    class Odd:
        def list_events(self, *args: Any, **kwargs: Any) -> Any:
            page = home.app.stripe.list_events(*args, **kwargs)
            return replace(page, items=[b"{}", orjson.dumps({"object": "event"}), *page.items])

    replace(home.app.reconcile_events, stripe=Odd())()
    home.process()
    assert home.payment(session_id).session.status is Status.COMPLETED


def test_where_webhooks_arrive_it_is_looked_seldom(home: House) -> None:
    home.opened()
    home.hear(
        {"object": "event", "id": "evt_0", "type": "a.b", "created": 1, "livemode": False, "data": {"object": {}}}
    )
    home.app.reconcile_events()
    begun = home.time()
    for number in range(80):
        home.forward(minutes=0.5)
        event = {"object": "event", "id": f"evt_{number + 1}", "type": "a.b", "created": 1, "livemode": False}
        home.hear(event | {"data": {"object": {}}})
        drain(home.app.reconcile_events)
    assert home.time() - begun == timedelta(minutes=40)
    assert listed(home) == 2
