"""A server that an earlier launcher left is waited for; another program with its pid is not."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sandbox.embedded.errors import EmbeddedServerError
from sandbox.embedded.predecessor import wait_for_predecessor
from tests.sandbox.processes import eventually


def sleeper(directory: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], cwd=directory)


def test_a_server_that_is_still_stopping_is_waited_for(tmp_path: Path) -> None:
    pid_file = tmp_path / "server.pid"
    with sleeper(tmp_path) as server:
        pid_file.write_text(f"{server.pid}\n")
        waiting = threading.Thread(target=wait_for_predecessor, args=(pid_file, tmp_path))
        waiting.start()
        assert pid_file.exists()
        server.kill()
        server.wait()
        waiting.join()
    assert not pid_file.exists()


def test_a_server_that_does_not_stop_is_named(tmp_path: Path) -> None:
    pid_file = tmp_path / "server.pid"
    with sleeper(tmp_path) as server:
        pid_file.write_text(str(server.pid))
        eventually(lambda: Path(f"/proc/{server.pid}/cwd").readlink() == tmp_path)
        with pytest.raises(EmbeddedServerError, match=f"An earlier server, process {server.pid}, still uses"):
            wait_for_predecessor(pid_file, tmp_path, seconds=0)
        server.kill()


@pytest.mark.parametrize("text", ["1\n", "4194304", "nonsense", ""])
def test_anything_else_in_the_file_means_nothing(tmp_path: Path, text: str) -> None:
    pid_file = tmp_path / "server.pid"
    pid_file.write_text(text)
    wait_for_predecessor(pid_file, tmp_path, seconds=0)
    assert pid_file.exists() is (text == "")  # what names nobody who works here is removed


def test_no_file_means_no_predecessor(tmp_path: Path) -> None:
    wait_for_predecessor(tmp_path / "server.pid", tmp_path, seconds=0)
    assert list(tmp_path.iterdir()) == []
