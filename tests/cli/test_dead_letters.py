"""`gavelpay dead-letters`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import Result
from redis import Redis
from structlog.testing import capture_logs

from domain.messaging import DeadLetter
from tests.house import House, message

Run = Callable[..., Result]
Told = Callable[..., Any]
MESSAGE = orjson.dumps({"queue_name": "payment_required", "actor_name": "payment_required", "kwargs": {"amount": 1.5}})


@pytest.fixture
def keep(home: House) -> Callable[..., str]:
    """`keep()`: a dead letter; gives its id."""

    def keep(message: bytes = MESSAGE) -> str:
        home.forward(seconds=1)
        letter = DeadLetter(
            id=home.app.new_id(),
            queue="payment_required",
            actor="payment_required",
            message=message,
            reason="invalid_message",
            error="amount: must be a decimal string",
            created_at=home.time(),
        )
        home.app.keep_dead_letters([letter])
        return str(letter.id)

    return keep


def test_dead_letters_are_listed_whole(run: Run, told: Told, keep: Callable[..., str]) -> None:
    assert "No dead letters" in run("dead-letters", "list").output
    first, second = keep(), keep(b"\xff\xfenot text")

    newest, oldest = told("dead-letters", "list")

    assert [oldest["id"], newest["id"]] == [first, second]
    assert (oldest["queue"], oldest["actor"]) == ("payment_required", "payment_required")
    assert oldest["message"].encode() == MESSAGE
    assert oldest["reason"] == "invalid_message"
    assert "decimal string" in oldest["error"]
    assert oldest["createdAt"].endswith("Z")
    assert newest["messageBase64"] == "//5ub3QgdGV4dA=="
    assert len(told("dead-letters", "list", "--limit", "1")) == 1
    printed = run("dead-letters", "list").output
    assert first in printed
    assert "invalid_message" in printed


def test_a_dead_letter_is_shown_with_its_message_as_it_came(run: Run, told: Told, keep: Callable[..., str]) -> None:
    letter_id = keep()

    assert MESSAGE in run("dead-letters", "show", letter_id).stdout_bytes
    assert told("dead-letters", "show", letter_id)["message"].encode() == MESSAGE
    unknown = run("dead-letters", "show", "0199c2f0-6a10-7bd1-9d5e-2f1b7c1f0a11")
    assert (unknown.exit_code, unknown.stderr) == (1, "Error: There is no such dead letter.\n")


def test_what_can_be_corrected_of_a_letter_is_printed_alone(run: Run, keep: Callable[..., str]) -> None:
    sound = {"kwargs": {"amount": "1,5"}, "args": [], "options": {}, "message_id": "m", "message_timestamp": 1}
    whole, part = keep(), keep(orjson.dumps(orjson.loads(MESSAGE) | sound))
    assert orjson.loads(run("dead-letters", "show", part, "--draft").stdout) == {"amount": "1,5"}
    assert orjson.loads(run("dead-letters", "show", whole, "--draft").stdout) == orjson.loads(MESSAGE)


def test_keeping_letters_is_in_the_log_without_what_strangers_wrote(keep: Callable[..., str]) -> None:
    with capture_logs() as lines:
        keep()
    (line,) = lines
    assert (line["event"], line["log_level"]) == ("dead_letters.kept", "warning")
    assert (line["queue"], line["reason"], line["count"]) == ("payment_required", "invalid_message", 1)
    assert "error" not in line


def test_letters_are_put_back_on_their_queue_once(
    run: Run, told: Told, keep: Callable[..., str], redis_url: str
) -> None:
    letter_id = keep()

    first = run("dead-letters", "requeue", letter_id, "--reason", "mended")
    again = run("dead-letters", "requeue", letter_id)

    assert (first.exit_code, first.output) == (0, "1 put back.\n")
    assert again.exit_code == 1
    assert "requeued already" in again.stderr
    with Redis.from_url(redis_url) as redis:
        assert redis.llen("dramatiq:payment_required") == 1
    (letter,) = told("dead-letters", "list", "--status", "requeued")
    assert letter["resolution"] == "mended"
    assert letter["resolvedBy"].startswith("cli")
    assert told("dead-letters", "list") == []


def test_all_letters_are_put_back_oldest_first(run: Run, told: Told, keep: Callable[..., str]) -> None:
    for number in range(3):
        keep(MESSAGE.replace(b"1.5", b"%d" % number))
    keep(MESSAGE.replace(b"1.5", b"0"))
    assert [letter["copies"] for letter in told("dead-letters", "list")] == [1, 1, 2]

    assert run("dead-letters", "requeue", "--all").output == "3 put back.\n"
    assert told("dead-letters", "list") == []
    assert len(told("dead-letters", "list", "--status", "all")) == 3
    assert run("dead-letters", "requeue", "--all").output == "0 put back.\n"


def test_discarded_letters_stay_on_record(run: Run, told: Told, keep: Callable[..., str]) -> None:
    letter_id = keep()

    assert run("dead-letters", "discard", letter_id).exit_code == 2
    assert run("dead-letters", "discard", letter_id, "--reason", "a test").output == "1 discarded.\n"
    (letter,) = told("dead-letters", "list", "--status", "discarded")
    assert letter["resolution"] == "a test"
    assert run("dead-letters", "discard", letter_id, "--reason", "again").exit_code == 1


def test_requeue_wants_letters_or_all_of_them(run: Run, keep: Callable[..., str]) -> None:
    assert run("dead-letters", "requeue").exit_code == 2
    assert run("dead-letters", "requeue", "--all", keep()).exit_code == 2


def test_while_the_broker_is_away_letters_stay_where_they_are(run: Run, told: Told, keep: Callable[..., str]) -> None:
    letter_id = keep()

    result = run("dead-letters", "requeue", letter_id, REDIS_URL="redis://127.0.0.1:1/0")

    assert result.exit_code == 1
    assert "broker did not answer" in result.stderr
    assert [letter["id"] for letter in told("dead-letters", "list")] == [letter_id]


def test_many_are_counted_before_they_are_put_back_and_only_those_that_match(
    run: Run, told: Told, keep: Callable[..., str]
) -> None:
    good = orjson.dumps({**orjson.loads(MESSAGE), "args": [], "options": {}, "kwargs": message()})
    keep(), keep(good)
    plan = told("dead-letters", "requeue", "--all", "--cause", "invalid_message", "--dry-run")
    assert (plan["count"], plan["toQueues"], sum(plan["wouldGiveUpAgain"].values())) == (2, {"payment_required": 1}, 1)
    assert "Nothing has changed yet. 2 would be put back" in run("dead-letters", "requeue", "--all", "--dry-run").output
    assert run("dead-letters", "requeue", "--all", "--queue", "windows").output == "0 put back.\n"
    assert len(told("dead-letters", "list", "--queue", "payment_required")) == 2
    assert run("dead-letters", "discard", "--all", "--reason", "x", "--dry-run").output == "2 would be discarded.\n"
    assert told("dead-letters", "discard", "--all", "--reason", "a test") == {"done": 2, "failed": 0}


def test_a_message_is_edited_from_a_file(run: Run, told: Told, keep: Callable[..., str], tmp_path: Path) -> None:
    letter_id = keep(orjson.dumps({**orjson.loads(MESSAGE), "args": [], "options": {}}))
    edited = tmp_path / "message.json"
    edited.write_text("{")
    wrong = run("dead-letters", "requeue", letter_id, "--edit", str(edited))
    assert (wrong.exit_code, "It is no JSON" in wrong.stderr) == (1, True)
    edited.write_bytes(orjson.dumps(message()))
    arguments = ("dead-letters", "requeue", letter_id, "--edit", str(edited), "--reason", "a comma")
    assert run(*arguments, "--dry-run").output == "1 would be put back.\n"
    assert run(*arguments).output == "1 put back.\n"
    (letter,) = told("dead-letters", "list", "--status", "requeued")
    assert orjson.loads(letter["corrected"])["kwargs"] == message()
    assert orjson.loads(letter["message"])["kwargs"] == {"amount": 1.5}
