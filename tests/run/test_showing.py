"""What a person sees: plain lines, a live table, the processes' logs."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console
from rich.live import Live

from cli.run.display import LiveDisplay, PlainDisplay, table
from cli.run.logs import LogFollower
from cli.run.summary import summary
from sandbox.auction_house import Report
from tests.run.builders import LOT, NOW, books, standing, taken


def console(*, terminal: bool = False) -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    return Console(file=stream, force_terminal=terminal, width=140, height=20), stream


def test_without_a_terminal_a_payment_has_a_line_for_each_change() -> None:
    shown, stream = console()
    display = PlainDisplay(shown)
    for status in ("pending", "pending", "completed", "completed"):
        display.payments([standing(status=status)], {LOT.auction_id: "pays at once"})
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert "50.00 USD" in lines[1]
    assert "Done: sold  (buyer: pays at once)" in lines[1]


def test_on_a_terminal_there_is_a_table_that_fits() -> None:
    shown, stream = console()
    payments = [standing(status="pending"), standing(), standing(status="expired")]
    shown.print(table(payments, {}, NOW, most=2))
    text = stream.getvalue()
    assert "3 payments: 1 pending, 1 completed, 1 expired" in text
    assert "Waits for the buyer" not in text, "only the newest two fit"
    assert "Done: the lot was reopened" in text


def test_lines_stand_above_the_table() -> None:
    shown, stream = console(terminal=True)
    with Live(console=shown, auto_refresh=False) as live:
        display = LiveDisplay(shown, live)
        display.payments([standing()], {})
        live.refresh()
        display.say("worker died [again]", "yellow")
        display.finish()
        display.say("the end")
    assert "worker died [again]" in stream.getvalue()
    assert stream.getvalue().rindex("Done: sold") < stream.getvalue().index("the end")


def line(event: str, level: str = "warning", **fields: object) -> str:
    entry = {"timestamp": "2026-11-20T12:00:00.000Z", "level": level, "event": event, "process": "worker", **fields}
    return json.dumps(entry) + "\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "worker.log"
    file.write_text(line("old.news"))
    return file


def test_only_what_is_new_and_grave_enough_is_shown(log: Path) -> None:
    follower = LogFollower(log.parent, ("worker", "missing"), "warning")
    with log.open("a") as file:
        file.write(
            line("payment.late", session_id="s1", error="away\n\x1b[2J") + line("worker.idle", "info") + "not json\n"
        )
    assert list(follower.lines()) == [("warning", "12:00:00 worker warning payment.late session_id=s1 error=away  [2J")]
    assert list(follower.lines()) == []
    follower.close()


def test_repeats_are_hushed_for_a_while_and_counted(log: Path) -> None:
    time = [0.0]
    follower = LogFollower(log.parent, ("worker",), "warning", lambda: time[0])
    told = []
    for at in (0.0, 1.0, 2.0, 20.0):
        time[0] = at
        with log.open("a") as file:
            file.write(line("stripe.away"))
        told += [text for _, text in follower.lines()]
    assert told == ["12:00:00 worker warning stripe.away", "12:00:00 worker warning stripe.away (and 2 like it before)"]
    follower.close()


def test_where_nothing_is_simulated_ordinary_lines_are_shown_too(log: Path) -> None:
    follower = LogFollower(log.parent, ("worker",), "info")
    with log.open("a") as file:
        file.write(line("payment.completed", "info") * 2 + "Traceback\n")
    assert [level for level, _ in follower.lines()] == ["info"] * 3
    follower.close()


def test_a_line_that_is_being_written_is_shown_when_it_is_whole(log: Path) -> None:
    follower = LogFollower(log.parent, ("worker",), "warning")
    text = line("payment.late")
    with log.open("a") as file:
        file.write(text[:20])
        file.flush()
        assert list(follower.lines()) == []
        file.write(text[20:])
    assert len(list(follower.lines())) == 1
    follower.close()


def test_a_log_that_was_set_aside_is_followed_from_its_new_beginning(log: Path) -> None:
    follower = LogFollower(log.parent, ("worker",), "warning")
    assert list(follower.lines()) == []
    log.replace(log.with_name("worker.log.1"))
    log.write_text(line("payment.late"))
    assert len(list(follower.lines())) == 1
    follower.close()


def test_the_summary_tells_what_a_sale_came_to() -> None:
    late = taken(payment_intent_id="pi_2", disposition="late", refunded_minor=5000, fee_minor=None)
    twice = taken(payment_intent_id="pi_3", disposition="duplicate")
    stripe = books(
        calls={"checkout.sessions.create": 2, "refunds.create": 1}, deliveries={"succeeded": 9}, refused_429=1
    )
    told = list(summary([standing()], [taken(), late, twice], (3, 5), Report((), {}, 2, 0, ()), stripe))
    assert told == [
        "1 payments: 1 completed",
        "Kept: 50.00 USD",
        "Money that came after the end: 1, of these refunded in full: 1",
        "Money that came twice: 1, of these refunded in full: 0",
        "Stripe's fees are known for 2 of 3 charges",
        "Webhooks to the auction house: 3 events received, sent 5 times, 2 repeats seen",
        "Calls to Stripe: 3 (checkout.sessions.create 2, refunds.create 1)",
        "Stripe's webhooks: 9 succeeded",
        "Calls that Stripe turned away (429): 1",
    ]
    assert next(summary([], [], (0, 0), Report((), {}, 0, 0, ()), None)) == "0 payments: none"
