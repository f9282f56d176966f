"""Nothing outlives a supervisor: no child, no child's child, not the guard."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox.processes import eventually, gone, with_descendants

TREE = Path(__file__).with_name("tree.py")


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_all_are_gone_whatever_ended_it(tmp_path: Path, signum: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, str(TREE), str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        family = with_descendants(process.pid)
        assert len(family) == 6  # itself, plain, deaf, master and its worker, the guard
        process.send_signal(signum)
    eventually(lambda: gone(family))
