"""`gavelpay queues`."""

from collections.abc import Callable
from typing import Any

from click.testing import Result

from tests.house import House

Run = Callable[..., Result]
Told = Callable[..., Any]


def named(document: dict[str, Any], queue: str) -> dict[str, Any]:
    return next(one for one in document["queues"] if one["name"] == queue)


def test_a_queue_is_paused_listed_and_resumed(run: Run, told: Told, home: House) -> None:
    home.opened()
    assert "pending" not in run("queues", "list").output
    dry = run("queues", "pause", "windows", "--reason", "x", "--minutes", "1500", "--dry-run")
    assert "Nothing has changed yet" in dry.output
    assert "Warning: 1 windows end by then." in dry.stderr
    assert not named(told("queues", "list"), "windows")["paused"]
    done = run("queues", "pause", "windows", "--minutes", "20", "--reason", "the clock is wrong")
    assert "Windows that end stay open" in done.output
    assert "Warning" not in done.stderr
    one = named(told("queues", "list"), "windows")
    assert (one["paused"], one["pauseReason"], one["servedBy"]) == (True, "the clock is wrong", 0)
    assert "the clock is wrong" in run("queues", "list").output
    assert run("queues", "pause", "windows", "--reason", "again").exit_code == 1
    assert run("queues", "resume", "windows", "--reason", "it is right").output == "Resumed.\n"
    again = run("queues", "resume", "windows", "--reason", "it is right")
    assert (again.exit_code, again.stderr) == (1, "Error: Windows is not paused.\n")
    assert run("queues", "pause", "nobody", "--reason", "x").exit_code == 2
