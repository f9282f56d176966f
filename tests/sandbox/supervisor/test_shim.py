"""What happens between fork and exec, as far as it can be seen without a successful exec."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.supervisor.spawn import SHIM
from tests.sandbox.processes import is_root

NOBODY = 65534


def become(program: str, *options: str, parent: int | None = None) -> "subprocess.CompletedProcess[str]":
    ours = ["--parent", str(parent or os.getpid()), "--death-signal", "15"]
    return subprocess.run(
        [sys.executable, str(SHIM), *ours, *options, "--", program], capture_output=True, text=True, check=False
    )


def test_a_program_that_cannot_be_executed_is_named() -> None:
    answer = become("/no/such/program")
    assert answer.returncode == 126
    assert answer.stderr.startswith("/no/such/program could not be started: [Errno 2] No such file")


def test_it_does_not_even_begin_when_its_parent_is_gone() -> None:
    answer = become("/bin/echo", parent=1)
    assert (answer.returncode, answer.stdout, answer.stderr) == (126, "", "")


@pytest.mark.skipif(not is_root(), reason="only root can become another user")
def test_a_user_is_changed_to_for_good() -> None:
    assert become("/no/such/program", "--user", "0", "0").returncode == 126
    assert become("/usr/bin/id", "--user", str(NOBODY), str(NOBODY)).stdout.startswith(f"uid={NOBODY}(nobody)")


def test_a_program_can_appear_as_somebody_else_to_itself(tmp_path: Path) -> None:
    answer = become("/no/such/program", "--appear-as", str(NOBODY))
    assert answer.returncode == 126
    if "unshare" in answer.stderr:
        pytest.skip("this system forbids user namespaces")
    assert become("/usr/bin/id", "--appear-as", str(NOBODY)).stdout.startswith(f"uid={NOBODY}(nobody)")
