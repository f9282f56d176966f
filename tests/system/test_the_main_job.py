"""What must hold of the whole system, seen on its real processes."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
import redis

from models.database import Database
from proof.drill.hands import Hands, Held
from runtime.app import build_new_id, build_store
from runtime.clock import SystemClock
from runtime.settings import Role, load
from services.check_invariants import CheckInvariants
from tests.system.stack import ROOT, Stack, at_once, eventually, message, running_stack

pytestmark = [pytest.mark.long("system"), pytest.mark.timeout(240)]
#: Of its three buyers one pays at once, one twice, and one never.
SOMEONE_NEVER_PAYS = "29"
WINDOWS = {"PAYMENT_WINDOW_SWEEP_SECONDS": "1", "PAYMENT_WINDOW_GRACE_SECONDS": "1"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    place = tmp_path_factory.mktemp("stack")
    with running_stack(place / "data", **WINDOWS) as stack:
        yield stack


def test_the_same_request_fifty_times_at_once_half_by_queue_half_by_http_opens_one_checkout(stack: Stack) -> None:
    same = message(0)

    def ask(number: int) -> None:
        if number % 2:
            stack.by_queue(same)
        else:
            assert stack.by_http(same).status_code in (200, 201, 202)

    at_once(ask, 50)
    eventually(lambda: stack.rows("SELECT 1 FROM checkout_attempts WHERE status = 'open'"))
    eventually(lambda: redis.Redis.from_url(stack.url("broker")).llen("dramatiq:payment_required") == 0)

    assert stack.rows("SELECT count(*) FROM payment_sessions WHERE auction_id = 'lot-0'") == [(1,)]
    assert stack.rows("SELECT count(*) FROM checkout_attempts WHERE idempotency_key LIKE 'lot-0:%'") == [(1,)]
    assert stack.by_http(same).status_code == 200


def test_with_redis_emptied_and_workers_killed_a_hundred_payments_end_right(stack: Stack) -> None:
    first, last = 1000, 1100
    wanted = {f"lot-{number}" for number in range(first, last)}
    mine = "auction_id IN (" + ", ".join(f"'{lot}'" for lot in wanted) + ")"

    def missing() -> set[str]:
        return wanted - {row[0] for row in stack.rows(f"SELECT auction_id FROM payment_sessions WHERE {mine}")}

    held: list[int] = []
    taken_over: list[float] = []
    with closing(Database(stack.url("database"), pool_size=1)) as database:
        hands = Hands(database)
        for blow in range(2):
            half = range(first + 50 * blow, first + 50 * (blow + 1))
            stack.slow_down("checkout.sessions.create", calls=8, seconds=2.0)  # so that some are under way
            at_once(lambda number, half=half: stack.by_queue(message(half[number])), 50)
            eventually(lambda: len(_attempts(hands.in_hand())) > 1)
            stack.kill("worker")
            hit, dead = time.monotonic(), _attempts(hands.in_hand())
            if blow == 1:
                redis.Redis.from_url(stack.url("broker")).flushall()
            # The producer's duty: resend until it hears of the payment.
            for lot in missing() & {f"lot-{number}" for number in half}:
                stack.by_queue(message(int(lot.removeprefix("lot-"))))
            eventually(lambda dead=dead: not hands.still(dead), 30)
            held.append(len(dead))
            taken_over.append(time.monotonic() - hit)
    for lot in missing():
        stack.by_queue(message(int(lot.removeprefix("lot-"))))
    opened = "SELECT a.stripe_checkout_id FROM checkout_attempts a JOIN payment_sessions s ON s.id = a.session_id"
    eventually(lambda: len(stack.rows(f"{opened} WHERE {mine} AND a.status = 'open'")) == 100, 60)

    checkouts = [row[0] for row in stack.rows(f"{opened} WHERE {mine}")]
    at_once(lambda number: stack.pay(checkouts[number]), 100)
    stack.kill("worker")
    redis.Redis.from_url(stack.url("broker")).flushall()
    eventually(lambda: _completed(stack, mine) == 100, 90)

    assert min(held) > 0, held
    assert max(taken_over) < 10.0, taken_over
    assert stack.rows(
        f"SELECT count(*) FROM checkout_attempts a JOIN payment_sessions s ON s.id = a.session_id WHERE {mine}"
    ) == [(100,)]
    assert _broken(stack) == []


def test_a_drill_strikes_the_stack_that_runs_and_leaves_it_running(stack: Stack) -> None:
    before = stack.run["pids"]["worker"]
    faults = ["--only", "kill-worker", "--only", "stripe-lost-replies"]
    # Among the buyers is one who never pays, in a window of a day: an operator ends that.
    lots = ["--payments", "3", "--seed", SOMEONE_NEVER_PAYS, "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "cli", "drill", "--data-dir", str(stack.data_dir), *lots, *faults],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    found = json.loads(done.stdout)
    assert (found["lost"], found["chargedTwice"], found["receipts"]) == ([], [], []), done.stderr
    assert all(sentence.startswith(("Recovery after", "Takeover after")) for sentence in found["complaints"]), (
        done.stderr
    )
    assert [row["fault"] for row in found["faults"]] == ["kill-worker", "stripe-lost-replies", "all"]
    assert stack.run["pids"]["worker"] != before


def _attempts(held: Held) -> Held:
    """Of what workers hold, the checkouts that they are opening."""
    return frozenset(one for one in held if one[0] == "checkout_attempts")


def _completed(stack: Stack, mine: str) -> int:
    return int(stack.rows(f"SELECT count(*) FROM payment_sessions WHERE {mine} AND status = 'completed'")[0][0])


def _broken(stack: Stack) -> list[str]:
    keys = json.loads((stack.data_dir / "keys.json").read_text())
    now = SystemClock()
    environ = {
        "DATABASE_URL": stack.url("database"),
        "REDIS_URL": stack.url("redis"),
        "STRIPE_WEBHOOK_SECRET": keys["STRIPE_WEBHOOK_SECRET"],
        "FIELD_ENCRYPTION_KEYS": keys["FIELD_ENCRYPTION_KEYS"],
        "FIELD_INDEX_KEY": keys["FIELD_INDEX_KEY"],
    }
    store = build_store(
        load(environ, Role.INGEST), role="test", ring=lambda _bells: None, new_id=build_new_id(now), threads=1
    )
    try:
        return CheckInvariants(store.begin, now)()
    finally:
        store.database.close()
