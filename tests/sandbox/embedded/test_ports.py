"""Ports that are free now, and stay so while a server is restarted."""

import socket
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.embedded import ports


def test_a_free_port_can_be_bound_and_is_never_given_to_an_outgoing_connection() -> None:
    port = ports.free_port()
    with closing(socket.create_server((ports.LOOPBACK, port))):
        assert not ports.is_free(port)
    assert port < ports.ephemeral_start(ports.EPHEMERAL_RANGE)


def test_a_chosen_port_is_kept() -> None:
    port = ports.free_port()
    assert ports.choose(port, "Anything") == port


@pytest.mark.parametrize("text", [None, "", "1024 65535"])
def test_a_system_that_does_not_say_or_says_everything_is_taken_as_usual(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "range"
    if text is not None:
        file.write_text(text)
    assert ports.ephemeral_start(file) == ports.USUAL_EPHEMERAL_START


def test_where_no_port_below_is_free_any_will_do() -> None:
    assert ports.free_port(tries=0) > 0
