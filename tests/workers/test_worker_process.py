"""Whole worker processes: what they do with messages, and with being stopped and killed."""

import os
import signal
import time
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

from prometheus_client.parser import text_string_to_metric_families

from domain.bells import EXPIRE_WINDOWS, OPEN_CHECKOUTS, PROCESS_EVENTS
from domain.messages import MAX_TEXT
from gateways.queue.redis_broker import TOGETHER
from sandbox.embedded import ValkeyServer, ports
from tests.workers.house import House, request, wait_until


def test_a_request_that_arrives_is_made_a_row_and_acknowledged(house: House) -> None:
    house.start()
    house.send(request(1))
    wait_until(lambda: house.values("required") == ["auction-1"])
    wait_until(house.is_drained)


def test_a_message_that_was_put_twice_is_settled_and_nothing_is_left_of_it(house: House) -> None:
    house.put(house.send(request(1)), message_id="the-same")
    house.redis.rpush("dramatiq:payment_required", "the-same", "the-same")
    house.start()
    house.send(request(2))
    wait_until(lambda: set(house.values("required")) == {"auction-1", "auction-2"})
    wait_until(house.is_drained)
    wait_until(lambda: not house.redis.keys("dramatiq:__acks__*"))


def test_what_is_no_message_is_kept_whole_with_its_reason_and_those_behind_it_flow_on(house: House) -> None:
    raws = [
        b"\xff\xfe no JSON at all",
        b"[]",
        b'{"actor_name": "payment_required", "args": []}',
        house.send(request(1), args=["auction-1"]),
        house.send(request(1), actor_name="nobody"),
        house.send(request(1), actor_name="gavelpay.malformed"),
        house.send("text for kwargs"),
        house.send(request(1), extra="a field that Dramatiq does not have"),
        house.send(request(1) | {"amount": 275.5}),
        house.send(request(1) | {"title": "x" * (MAX_TEXT * 50)}),
        house.send(request(1) | {"self": "a name that Python uses"}),
        house.send({}),
        b"7" * 2_000_000,
    ]
    for raw in (*raws[:3], raws[-1]):
        house.put(raw)
    for number in range(40):
        house.send(request(number), queue="payment_required")
    house.start()
    wait_until(lambda: len(house.values("required")) == 40)
    wait_until(house.is_drained)
    letters = house.lines("dead")
    assert sorted(letter["dead"] for letter in letters) == sorted(["", *(raw.decode("latin-1") for raw in raws[:-1])])
    assert {letter["reason"] for letter in letters} == {"invalid_message", "unknown_actor"}
    assert {letter["queue"] for letter in letters} == {"payment_required"}


def test_a_refused_request_and_one_that_nobody_can_do_are_dead_letters_and_no_other_is(house: House) -> None:
    house.send(request(1, title="refused"))
    house.send(request(2, title="boom"))
    house.send(request(3))
    house.start(threads=8)
    wait_until(lambda: len(house.lines("dead")) == 2)
    wait_until(house.is_drained)
    assert {letter["reason"] for letter in house.lines("dead")} == {"seller_is_buyer", "unexpected_error"}
    assert "auction-3" in house.values("required")


def test_a_message_that_claims_another_queue_or_odd_options_harms_nobody(house: House) -> None:
    house.send(request(1), queue_name="elsewhere")
    house.send(request(2), options={})
    house.send(request(3), options={"redis_message_id": 7, "eta": 4_000_000_000_000, "pipe_target": {"x": 1}})
    house.send(request(4))
    house.start(threads=1)
    wait_until(lambda: sorted(house.values("required")) == [f"auction-{number}" for number in (1, 2, 3, 4)])
    wait_until(house.is_drained)


def test_a_message_that_its_producer_delayed_is_done_when_it_is_due(house: House) -> None:
    house.send(request(1), queue="payment_required.DQ", options={"eta": int(time.time() * 1000) + 500})
    house.start()
    wait_until(lambda: house.values("required") == ["auction-1"])
    wait_until(lambda: house.is_drained() and house.is_drained("payment_required.DQ"))


def test_bells_are_answered_until_nothing_is_left_and_an_error_leaves_the_rest_to_the_next(house: House) -> None:
    house.add_due(PROCESS_EVENTS, *(f"{number:03}" for number in range(30)), "boom")
    house.add_due(OPEN_CHECKOUTS, "one")
    house.start()
    wait_until(lambda: len(house.done(PROCESS_EVENTS)) == 31)
    wait_until(lambda: house.done(OPEN_CHECKOUTS) == ["one"])
    assert not house.lines("dead")


def test_a_bell_that_carries_something_is_no_bell(house: House) -> None:
    raw = house.send({"id": 1}, queue="windows", actor_name=EXPIRE_WINDOWS)
    house.start()
    wait_until(lambda: house.values("dead") == [raw.decode()])
    wait_until(lambda: house.is_drained("windows"))


def test_while_the_database_is_away_a_request_waits_and_is_done_once_it_is_back(house: House) -> None:
    (house.root / "away").touch()
    house.start(threads=2)
    for number in range(6):
        house.send(request(number))
    house.send({"no": "request"})
    wait_until(lambda: "work.waits" in house.output())
    assert house.redis.hlen("dramatiq:payment_required.msgs") == 7
    (house.root / "away").unlink()
    wait_until(lambda: len(house.values("required")) == 6)
    wait_until(lambda: len(house.lines("dead")) == 1)
    wait_until(house.is_drained)


def test_told_to_stop_while_the_database_is_away_it_gives_its_messages_back(house: House) -> None:
    (house.root / "away").touch()
    process = house.start(threads=2)
    for number in range(6):
        house.send(request(number))
    wait_until(lambda: "work.waits" in house.output())
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    assert house.redis.llen("dramatiq:payment_required") == 6
    assert not house.redis.exists("dramatiq:__heartbeats__")
    assert house.redis.lrange("dramatiq:payment_required.XQ", 0, -1) == []


def test_told_to_stop_it_finishes_what_is_in_hand_and_nothing_is_lost_or_done_twice(house: House) -> None:
    (house.root / "slow").write_text("0.3")
    process = house.start(threads=2)
    sent = 3 * TOGETHER
    for number in range(sent):
        house.send(request(number))
    wait_until(lambda: house.values("begin"))
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    begun = house.values("begin")
    assert begun == house.values("required")
    assert house.redis.llen("dramatiq:payment_required") == sent - len(begun) > 0
    (house.root / "slow").unlink()
    house.start()
    wait_until(house.is_drained)
    assert sorted(house.values("required")) == sorted(f"auction-{number}" for number in range(sent))


def test_the_messages_of_a_worker_that_was_killed_come_back_within_ten_seconds(house: House) -> None:
    (house.root / "slow").write_text("60")
    killed = house.start(threads=2)
    for number in range(4):
        house.send(request(number))
    wait_until(lambda: house.values("begin"))
    (house.root / "slow").unlink()
    killed.kill()
    killed.wait()
    house.start()
    began = time.monotonic()
    wait_until(lambda: len(set(house.values("required"))) == 4)
    assert time.monotonic() - began < 10
    wait_until(house.is_drained)


def test_a_server_that_is_emptied_and_forgets_its_scripts_is_worked_with_again(
    tmp_path: Path, own_valkey: ValkeyServer
) -> None:
    house = House(tmp_path / "house", own_valkey.url)
    try:
        house.start()
        house.send(request(1))
        wait_until(lambda: house.values("required") == ["auction-1"])
        house.redis.flushall()
        house.redis.script_flush()
        house.send(request(2))
        wait_until(lambda: "auction-2" in house.values("required"))
        wait_until(house.is_drained)
    finally:
        house.stop_all()


def test_a_server_that_is_killed_and_started_again_is_worked_with_again(
    tmp_path: Path, own_valkey: ValkeyServer
) -> None:
    house = House(tmp_path / "house", own_valkey.url)
    try:
        (house.root / "slow").write_text("0.5")
        house.start()
        for number in range(10):
            house.send(request(number))
        wait_until(lambda: house.values("begin"))
        port = own_valkey.port
        own_valkey.stop()
        house.add_due(EXPIRE_WINDOWS, "due while the broker is away")
        wait_until(lambda: house.done(EXPIRE_WINDOWS))
        again = ValkeyServer(tmp_path / "own", port).start()
        try:
            wait_until(lambda: len(set(house.values("required"))) == 10)
            wait_until(house.is_drained)
            house.stop_all()
        finally:
            again.stop()
    finally:
        house.stop_all()


def test_a_worker_serves_only_the_queues_it_was_given(house: House) -> None:
    (house.root / "no-net").touch()
    house.start(queues=["windows"])
    house.send(request(1))
    house.add_due(OPEN_CHECKOUTS, "left")
    house.add_due(EXPIRE_WINDOWS, "done")
    house.send({}, queue="checkouts", actor_name=OPEN_CHECKOUTS)
    house.send({}, queue="windows", actor_name=EXPIRE_WINDOWS)
    wait_until(lambda: house.done(EXPIRE_WINDOWS) == ["done"])
    assert house.done(OPEN_CHECKOUTS) == []
    assert house.redis.llen("dramatiq:payment_required") == 1


def test_a_queue_that_nobody_has_is_refused_by_its_name(house: House) -> None:
    process = house.start(queues=["windos"])
    assert process.wait(20) == 1
    assert "no such queue: windos. There are: checkouts" in house.output()


def test_several_processes_replace_one_that_dies_and_end_with_their_parent(house: House) -> None:
    port = ports.free_port()
    parent = house.start(processes=2, threads=2, metrics_port=port)
    wait_until(lambda: house.started() == 2)
    wait_until(lambda: _get(port, "/healthz") == (200, "ok\n"))
    for number in range(20):
        house.send(request(number))
    os.kill(_workers(parent.pid)[0], signal.SIGKILL)
    wait_until(lambda: house.started() == 3)
    wait_until(lambda: len(set(house.values("required"))) == 20)
    wait_until(lambda: _sample(port, "payments_queue_depth", queue="payment_required") == [0])
    # What the two count adds up, what the dead one counted stays, and the broker's figures are there once.
    assert _sample(port, "payments_work_done_total", queue="payment_required") >= [20]
    assert _sample(port, "payments_worker_restarts_total") == [1]
    wait_until(lambda: _sample(port, "payments_worker_processes", state="alive") == [2])
    assert len(_sample(port, "process_resident_memory_bytes")) == 1
    # A successor counts on in the files of the dead one: their number does not grow.
    maps = "".join(Path(f"/proc/{pid}/maps").read_text() for pid in _workers(parent.pid))
    kept = Path(next(line.split()[-1] for line in maps.splitlines() if "/counter_" in line)).parent
    assert len(list(kept.glob("counter_*.db"))) == 2
    living = _children(parent.pid)
    assert len(living) == 3  # two that work, and one that answers for them
    parent.kill()
    parent.wait()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in living))


def test_a_parent_passes_the_signal_to_stop_on(house: House) -> None:
    parent = house.start(processes=2, threads=2)
    wait_until(lambda: house.started() == 2)
    living = _children(parent.pid)
    parent.send_signal(signal.SIGTERM)
    assert parent.wait(15) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in living)
    assert house.output().count("worker.stopped") == 2


def test_the_health_of_a_single_process_is_served_with_its_metrics(house: House) -> None:
    port = ports.free_port()
    house.start(metrics_port=port)
    wait_until(house.started)
    assert _get(port, "/healthz") == (200, "ok\n")
    assert 'payments_queue_depth{queue="windows"} 0.0' in _get(port, "/metrics")[1]
    assert _get(port, "/elsewhere")[0] == 404


def _get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def _sample(port: int, name: str, **labels: str) -> list[float]:
    families = text_string_to_metric_families(_get(port, "/metrics")[1])
    samples = [sample for family in families for sample in family.samples]
    return [sample.value for sample in samples if sample.name == name and labels.items() <= sample.labels.items()]


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _workers(pid: int) -> list[int]:
    """Those that work are started first."""
    return sorted(_children(pid))[:2]


def test_a_server_that_is_silent_for_a_while_costs_nothing_but_the_while(
    tmp_path: Path, own_valkey: ValkeyServer
) -> None:
    house = House(tmp_path / "house", own_valkey.url)
    silent = int(house.redis.info("server")["process_id"])
    try:
        (house.root / "slow").write_text("0.2")
        house.start(threads=2)
        for number in range(20):
            house.send(request(number))
        wait_until(lambda: house.values("begin"))
        os.kill(silent, signal.SIGSTOP)
        try:
            wait_until(lambda: "queue.away" in house.output())
        finally:
            os.kill(silent, signal.SIGCONT)
        (house.root / "slow").unlink()
        wait_until(lambda: len(set(house.values("required"))) == 20)
        wait_until(house.is_drained)
    finally:
        house.stop_all()


def test_a_message_that_nowhere_can_be_kept_is_left_in_the_brokers_own_dead_letters(house: House) -> None:
    (house.root / "full").touch()
    raw = house.send({"not": "a request"})
    house.send(request(1))
    house.start()
    wait_until(lambda: set(house.values("required")) == {"auction-1"})  # again if a batch could not be kept whole
    wait_until(lambda: house.redis.hvals("dramatiq:payment_required.XQ.msgs") == [raw])
    assert "message.not_kept" in house.output()


def test_children_that_cannot_live_are_given_up(house: House) -> None:
    parent = house.start(processes=2, broken=True)
    assert parent.wait(60) == 1
    # The fifth is the last straw; the other child may be found dead in the same look.
    assert house.output().count("worker.died") in (5, 6)


def test_a_child_that_was_killed_is_replaced_and_its_metrics_are_forgotten(house: House) -> None:
    port = ports.free_port()
    parent = house.start(processes=2, threads=2, metrics_port=port)
    wait_until(lambda: house.started() == 2)
    os.kill(_workers(parent.pid)[0], signal.SIGKILL)
    wait_until(lambda: house.started() == 3)
    assert _get(port, "/healthz") == (200, "ok\n")
    parent.send_signal(signal.SIGTERM)
    assert parent.wait(15) == 0
    assert house.output().count("worker.stopped") == 2


def test_a_server_that_cannot_make_us_wait_is_asked_now_and_then(tmp_path: Path) -> None:
    server = ValkeyServer(tmp_path / "own", options={"rename-command": 'BLMOVE ""'}).start()
    house = House(tmp_path / "house", server.url)
    try:
        house.start()
        wait_until(lambda: "queue.cannot_wait" in house.output())
        for number in range(3):
            house.send(request(number))
            wait_until(lambda number=number: f"auction-{number}" in house.values("required"))  # type: ignore[misc]
    finally:
        house.stop_all()
        server.stop()
