"""Faults that need no running system."""

import json
import os
import resource
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.drill.attaching import environment_of, find
from cli.drill.processes import families, frozen, kill
from cli.drill.secrets import HOOK, KEYS, SecretFiles
from cli.drill.striking import Striker, full_disk
from cli.drill.target import Target
from cli.run.errors import CannotRun
from proof.drill.kinds import SUPERVISED, WIRED, Kind
from runtime.settings import Role, load
from tests.sandbox.processes import eventually

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
BARE = {"DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c"}
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
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    with full_disk([]):
        (tmp_path / "file").write_text("there is room")
        assert resource.getrlimit(resource.RLIMIT_FSIZE) == limit
    assert (tmp_path / "file").read_text() == "there is room"


def test_a_process_that_dies_meanwhile_needs_no_room() -> None:
    with (
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process,
        full_disk([process.pid]),
    ):
        process.kill()
        assert process.wait() == -signal.SIGKILL


def test_a_wrong_clock_is_wrong_in_its_own_process_alone() -> None:
    root = str(Path(__file__).parents[2])
    told = subprocess.run(
        [sys.executable, "-c", CLOCK], env=os.environ | {"PYTHONPATH": root}, capture_output=True, text=True, check=True
    )
    ahead = datetime.fromisoformat(told.stdout.strip()) - datetime.now(UTC)
    assert timedelta(minutes=4) < ahead < timedelta(minutes=6)


def status(pid: int) -> str:
    """`S` sleeps, `T` stands still, `Z` is dead; empty: there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def test_a_process_stands_still_and_dies_with_all_that_it_started() -> None:
    nested = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'input()']); print(flush=True); input()"
    command = [sys.executable, "-c", nested]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        first, second = families([parent.pid])
        assert first == parent.pid
        with frozen([first, second]):
            eventually(lambda: (status(first), status(second)) == ("T", "T"))
        eventually(lambda: "T" not in status(first) + status(second))
        kill([first, second])
        eventually(lambda: status(second) in {"", "Z"})


def target(told: dict[str, Any], tmp_path: Path) -> Target:
    (tmp_path / "run.json").write_text(json.dumps(told))
    return Target(tmp_path / "run.json", {}, None, None, {}, load(BARE, Role.CLI), "", "", lambda: None)


def test_what_cannot_be_done_to_a_running_system_is_known(tmp_path: Path) -> None:
    def possible(**pids: int | None) -> set[Kind]:
        striker = Striker(target({"pids": {"worker": [1], **pids}}, tmp_path), tmp_path)
        return {kind for kind in Kind if striker.can(kind)}

    everything = set(Kind) - WIRED - {Kind.ROTATED}
    assert possible(postgres=1, redis=1) == everything
    assert possible(postgres=1, redis=None) == everything - {kind for kind, has in SUPERVISED.items() if has == "redis"}


def test_a_system_that_does_not_run_is_not_found_and_one_on_stripe_itself_is_refused(tmp_path: Path) -> None:
    assert find(tmp_path / "run.json") is None
    told = {"pids": {"supervisor": os.getpid()}, "urls": {"sandbox": None}}
    (tmp_path / "run.json").write_text(json.dumps(told))
    with pytest.raises(CannotRun, match="uses Stripe itself"):
        find(tmp_path / "run.json")
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    (tmp_path / "run.json").write_text(json.dumps({**told, "pids": {"supervisor": gone.pid}}))
    assert find(tmp_path / "run.json") is None
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(CannotRun, match="cannot be read"):
        find(tmp_path / "run.json")


def test_the_environment_of_a_system_is_that_of_its_processes() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env={"A": "b=c"}) as process:
        eventually(lambda: "A" in environment_of([process.pid]))
        assert environment_of([process.pid])["A"] == "b=c"
        process.kill()
    with pytest.raises(CannotRun, match="as the user who runs it"):
        environment_of([])


def test_secrets_lie_in_files_of_their_own_and_stay_over_drills(tmp_path: Path) -> None:
    files = SecretFiles(tmp_path / "secrets")
    names = files.environment({HOOK: "whsec_a", KEYS: "key"})
    assert Path(names[f"{HOOK}_FILE"]).read_text() == "whsec_a\n"
    files.write(HOOK, ["whsec_b", "whsec_a"])
    assert files.environment({HOOK: "whsec_a", KEYS: "key"}) == names
    assert (files.read(HOOK), files.read(KEYS)) == (["whsec_b", "whsec_a"], ["key"])
    assert Path(names[f"{KEYS}_FILE"]).stat().st_mode & 0o777 == 0o600
