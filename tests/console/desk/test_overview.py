"""The console's first page: on a real database, and with parts of it away."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from psycopg import Connection

from console.desk.overview import charts
from domain.overview import SPANS
from models.database import DatabaseUnavailable
from services.view_overview import ViewOverview
from tests.console.desk.conftest import Desk
from tests.house import House


def test_it_says_whether_money_flows_and_what_needs_a_person(home: House, desk: Callable[..., Desk]) -> None:
    paid = home.opened(auction_id="a-1", buyer_id="b-1")
    home.opened(auction_id="a-2", buyer_id="b-2")
    held = home.opened(auction_id="a-3", buyer_id="b-3", title="Brass <candlesticks>")
    home.pay(paid)
    home.forward(seconds=30)
    home.hear()
    home.app.database.rows(
        "UPDATE payment_sessions SET held_at = %s, hold_reason = 'risk_score' WHERE id = %s RETURNING 1",
        (home.time(), held),
    )
    home.forward(seconds=1)
    for role in ("support", "admin", "auditor"):
        page = desk(role).get("/console").text
    assert "Money is flowing. Two things need you." in page
    assert "No worker is alive." in page
    assert "1 payment collected in the last 24 hours." in page
    assert "Brass &lt;candlesticks&gt; is held for its risk." in page
    assert f'href="/console/payments/{held}"' in page
    assert "275.50" in page
    assert "<dd>100.0 <small>%</small></dd>" in page
    assert "2 end within the hour" not in page
    home.forward(hours=23, minutes=30)
    home.hear()
    for span in SPANS:
        answer = desk("support").get("/console", span=span)
        assert answer.status_code == 200, answer.text
    assert "end within the hour" in answer.text
    assert desk("support").get("/console", span="2h").status_code == 422


def test_each_part_fails_alone(home: House) -> None:
    home.opened()
    asked = 0

    @contextmanager
    def begin() -> Iterator[Connection[Any]]:
        nonlocal asked
        asked += 1
        if asked == 2:
            raise DatabaseUnavailable("too slow")
        with home.app.database.transaction() as connection:
            yield connection

    view = ViewOverview(begin, begin, timedelta(seconds=10), home.time)(SPANS["1h"])
    assert view.counted.takings is None
    assert view.counted.endings is not None
    assert view.standing is not None
    assert sum(view.standing.windows) == 1


def test_it_is_read_anew_after_some_seconds_and_not_before(home: House) -> None:
    home.opened()
    view = home.app.desk.overview
    first = view(SPANS["24h"])
    home.forward(seconds=4)
    assert view(SPANS["24h"]).counted is first.counted
    assert view(SPANS["24h"]).standing is not first.standing
    home.forward(seconds=2)
    assert view(SPANS["24h"]).counted is not first.counted


def test_charts_have_round_ticks_and_gaps_where_nothing_is_known() -> None:
    assert charts.ticks_to(6340) == [8000, 6000, 4000, 2000, 0]
    assert charts.ticks_to(0) == [1, 0]
    assert charts.ticks_to(0.07)[0] >= 0.07
    assert charts.line([1.0, None, 0.5, 1.0], 0, 1, "a").path == "M11.50 0.00h2M62.50 50.00L87.50 0.00"
    assert [one.width for one in charts.levels([("a", 2), ("b", 1)])] == [100, 50]
