"""Reading what came from a queue: it never fails, and never calls anybody wrongly."""

from hashlib import sha256
from typing import Any

import orjson
import pytest
from dramatiq import Message
from hypothesis import given
from hypothesis import strategies as st

from domain.messages import MAX_BYTES
from gateways.queue.bells import INTAKE_QUEUE, MOST_BELLS, bell_message, bells_for, queue_of
from gateways.queue.received import MALFORMED, MOST_READ, local_bell, receive

ACTORS = {"payment_required", MALFORMED}
GOOD: dict[str, Any] = {
    "queue_name": "payment_required",
    "actor_name": "payment_required",
    "args": [],
    "kwargs": {"auction_id": "a"},
    "options": {},
    "message_id": "m",
    "message_timestamp": 1,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.binary(max_size=200))
def test_any_bytes_become_something_that_can_be_handed_over_and_acknowledged(raw: bytes) -> None:
    received = receive(raw, INTAKE_QUEUE, b"id", ACTORS)
    assert received.actor_name == MALFORMED
    assert received.envelope.raw == raw
    assert received.handle == b"id"


@given(st.fixed_dictionaries({name: JSON | st.just(value) for name, value in GOOD.items()}))
def test_any_fields_become_a_right_call(fields: dict[str, Any]) -> None:
    received = receive(orjson.dumps(fields), INTAKE_QUEUE, b"id", ACTORS)
    assert received.actor_name in ACTORS
    assert received.queue_name == INTAKE_QUEUE
    assert received.args == (received,)
    assert received.kwargs == {}
    assert (received.envelope.problem is None) == (received.actor_name != MALFORMED)


def test_what_is_longer_than_a_message_is_not_read_and_kept_whole_only_while_that_is_affordable() -> None:
    around = len(orjson.dumps(GOOD | {"kwargs": {"description": ""}}))

    def kept(size: int, what: str = "x") -> tuple[bytes, str, bytes]:
        raw = orjson.dumps(GOOD | {"kwargs": {"description": what * (size - around)}})
        received = receive(raw, INTAKE_QUEUE, b"id", ACTORS)
        assert (received.actor_name == MALFORMED) is (size > MAX_BYTES)
        return raw, str(received.envelope.problem), received.envelope.raw

    raw, _, all_of_it = kept(MAX_BYTES)
    assert all_of_it == raw
    raw, said, all_of_it = kept(2**20)
    assert all_of_it == raw
    assert said == f"it is longer than 256 KB: 1,048,576 bytes with the SHA-256 {sha256(raw).hexdigest()}"
    raw, said, beginning = kept(2**20 + 1)
    assert beginning == raw[:MAX_BYTES]
    assert f"1,048,577 bytes with the SHA-256 {sha256(raw).hexdigest()}, of which the beginning is kept" in said
    assert "8,388,608 bytes or more with" in kept(MOST_READ)[1]
    # A card number that is cut through would not be masked.
    assert kept(2**20 + 1, "7")[2].endswith(b'"description":"')


@pytest.mark.parametrize("missing", ["queue_name", "actor_name", "args", "kwargs", "options"])
def test_a_field_that_every_dramatiq_message_has_is_required(missing: str) -> None:
    raw = orjson.dumps({name: value for name, value in GOOD.items() if name != missing})
    problem = receive(raw, INTAKE_QUEUE, b"id", ACTORS).envelope.problem
    assert str(problem) == f"{missing}: is required"


def test_what_dramatiq_writes_is_read() -> None:
    message: Message[Any] = Message("payment_required", "payment_required", (), {"auction_id": "ä"}, {"x": 1})
    received = receive(message.encode(), INTAKE_QUEUE, b"id", ACTORS)
    assert received.envelope.kwargs == {"auction_id": "ä"}
    assert received.message_id == message.message_id


def test_a_delay_counts_on_the_delay_queue_alone() -> None:
    raw = orjson.dumps(GOOD | {"options": {"eta": 5}})
    assert "eta" not in receive(raw, INTAKE_QUEUE, b"id", ACTORS).options
    assert receive(raw, f"{INTAKE_QUEUE}.DQ", b"id", ACTORS).options["eta"] == 5


def test_a_message_in_a_log_shows_nothing_of_what_it_holds() -> None:
    received = receive(orjson.dumps(GOOD | {"kwargs": {"buyer_email": "a@b"}}), INTAKE_QUEUE, b"id", ACTORS)
    assert f"{received} {received!r}" == "payment_required(m) payment_required(m)"


def test_a_bell_reads_as_dramatiqs_own_message() -> None:
    message_id, raw = bell_message("checkouts.open")
    message: Message[Any] = Message.decode(raw)
    assert (message.queue_name, message.actor_name, message.kwargs) == ("checkouts", "checkouts.open", {})
    assert message.options == {"redis_message_id": message_id}


def test_pieces_of_work_are_worth_as_many_bells_as_there_are_batches_up_to_a_bound() -> None:
    assert [bells_for("checkouts.open", pieces) for pieces in (1, 5, 1000)] == [1, 5, MOST_BELLS]
    assert [bells_for("events.process", pieces) for pieces in (1, 100, 101)] == [1, 1, 2]
    assert queue_of("events.process") == "events"


def test_a_local_bell_has_no_handle() -> None:
    received = local_bell("checkouts.open", "checkouts")
    assert received.handle is None
    assert not received.is_returned
    received.give_back()
    assert received.is_returned
