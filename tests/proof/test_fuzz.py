"""The targets of the fuzzer hold for examples, and for what Hypothesis finds; `python -m proof.fuzz` looks for more."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proof.fuzz.examples import events
from proof.fuzz.targets import TARGETS
from tests.run.running import ROOT


def test_the_examples_are_of_many_types() -> None:
    types = {event["type"] for event in events()}
    assert {"checkout.session.completed", "payment_intent.payment_failed", "charge.refunded"} <= types
    assert len(types) > 12


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=400))
def test_every_promise_holds_for_any_bytes(target: str, data: bytes) -> None:
    TARGETS[target](data)


@pytest.mark.parametrize(
    "data", [bytes.fromhex("29ffff710a0100290a") + b"K" * 26 + b"\x01)", b"j" * 19 + b"AA)\x0fA\x0f"]
)
def test_a_document_that_is_changed_never_holds_itself(data: bytes) -> None:
    """Found by the fuzzer in itself: an odd list was put into that very list."""
    TARGETS["message"](data)
    TARGETS["webhook"](data)


def test_it_names_what_can_be_fuzzed() -> None:
    command = [sys.executable, "-m", "proof.fuzz", "everything"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "signature, webhook, message" in ran.stderr
