"""Faults that need no running system."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cli.drill.striking import full_disk

WRITER = """
import sys
for line in sys.stdin:
    try:
        with open(sys.argv[1], "a") as file:
            file.write(line)
        print("written", flush=True)
    except OSError as error:
        print(type(error).__name__, flush=True)
"""
CLOCK = "from cli.drill.skewed import shift; shift(300); from runtime.clock import SystemClock; print(SystemClock()())"


def test_to_a_process_every_disk_is_full_for_a_while(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path / "file")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None

        def wrote() -> str:
            assert writer.stdin is not None
            assert writer.stdout is not None
            print("line", file=writer.stdin, flush=True)
            return writer.stdout.readline().strip()

        assert wrote() == "written"
        with full_disk([writer.pid]):
            assert wrote() == "OSError"
        assert wrote() == "written"
    assert (tmp_path / "file").read_text() == "line\nline\n"


def test_a_disk_is_full_for_nobody_where_there_is_no_process(tmp_path: Path) -> None:
    with full_disk([]):
        (tmp_path / "file").write_text("there is room")


def test_a_process_that_dies_meanwhile_needs_no_room() -> None:
    with (
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process,
        full_disk([process.pid]),
    ):
        process.kill()
        process.wait()


def test_a_wrong_clock_is_wrong_in_its_own_process_alone() -> None:
    root = str(Path(__file__).parents[2])
    told = subprocess.run(
        [sys.executable, "-c", CLOCK], env=os.environ | {"PYTHONPATH": root}, capture_output=True, text=True, check=True
    )
    ahead = datetime.fromisoformat(told.stdout.strip()) - datetime.now(UTC)
    assert timedelta(minutes=4) < ahead < timedelta(minutes=6)
