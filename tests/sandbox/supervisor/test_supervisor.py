"""Children that are kept running: started together, started again, stopped in order."""

import http.server
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.embedded.ports import free_port
from sandbox.supervisor import (
    Child,
    ChildGaveUp,
    Event,
    EventKind,
    NotReadyInTime,
    Supervisor,
    SupervisorError,
    http_ready,
    port_ready,
    spawn,
)
from sandbox.supervisor.keeper import LONGEST_PAUSE_SECONDS, pause_before
from tests.sandbox.processes import command_line, eventually, gone, runs, with_descendants

SLEEPS = "import time; time.sleep(600)"
#: Asked to stop, it takes no notice.
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
)
#: A master with a worker that would outlive it.
MASTER = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEPS!r}])"


def python(name: str, code: str, **more: object) -> Child:
    return Child(name, [sys.executable, "-c", code], **more)  # type: ignore[arg-type]


def pid_of(supervisor: Supervisor, name: str) -> int:
    pid = supervisor.pids()[name]
    assert pid is not None
    return pid


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def supervisor(events: list[Event]) -> Iterator[Supervisor]:
    with Supervisor(events.append) as supervisor:
        yield supervisor


def steps(events: list[Event], name: str) -> list[EventKind]:
    return [event.kind for event in events if event.name == name]


def test_a_child_that_dies_is_started_again_under_a_new_pid(supervisor: Supervisor, events: list[Event]) -> None:
    supervisor.start(python("one", SLEEPS), python("other", SLEEPS))
    killed, other = pid_of(supervisor, "one"), pid_of(supervisor, "other")
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: supervisor.pids()["one"] not in {None, killed} and supervisor.is_ready("one"))
    assert supervisor.pids()["other"] == other
    supervisor.stop()
    assert steps(events, "one") == [
        EventKind.STARTED,
        EventKind.READY,
        EventKind.DIED,
        EventKind.STARTED,
        EventKind.READY,
        EventKind.STOPPED,
    ]
    assert [event.detail for event in events if event.kind is EventKind.DIED] == ["was ended by signal 9"]


def test_a_child_that_cannot_start_does_not_keep_the_others_from_restarting(supervisor: Supervisor) -> None:
    supervisor.launch(python("never", SLEEPS, ready=lambda _: False), python("one", SLEEPS))
    eventually(lambda: supervisor.is_ready("one"))
    killed = pid_of(supervisor, "one")
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: supervisor.pids()["one"] not in {None, killed} and supervisor.is_ready("one"))
    assert not supervisor.is_ready("never")


def test_a_child_that_never_becomes_ready_is_given_up_with_its_last_words(
    supervisor: Supervisor, events: list[Event], tmp_path: Path
) -> None:
    child = python(
        "broken", "raise SystemExit('no such table')", log=tmp_path / "log", ready=lambda _: False, attempts=2
    )
    with pytest.raises(ChildGaveUp) as failure:
        supervisor.start(child)
    assert str(failure.value) == (
        "broken was started 2 times and never became ready: the last time it exited with code 1.\n"
        f"The end of {tmp_path}/log:\n  no such table\n  no such table"
    )
    with pytest.raises(ChildGaveUp):
        supervisor.wait(0)
    assert steps(events, "broken")[-1] is EventKind.GAVE_UP


def test_a_child_that_is_slow_to_become_ready_is_ended_and_counts_as_failed(supervisor: Supervisor) -> None:
    child = python("slow", SLEEPS, ready=lambda _: False, ready_seconds=0.1, attempts=1)
    with pytest.raises(ChildGaveUp, match=r"was started once .* it was not ready within 0\.1 seconds"):
        supervisor.start(child)
    assert supervisor.pids() == {"slow": None}


def test_a_start_waits_no_longer_than_it_was_told(supervisor: Supervisor) -> None:
    with pytest.raises(NotReadyInTime, match="slow was not ready within"):
        supervisor.start(python("slow", SLEEPS, ready=lambda _: False), seconds=0.1)


def test_a_preparation_that_fails_is_tried_again(supervisor: Supervisor) -> None:
    troubles = [OSError("disk full"), OSError("still full")]

    def prepare() -> None:
        if troubles:
            raise troubles.pop()

    supervisor.start(python("one", SLEEPS, before_start=prepare))
    assert supervisor.is_ready("one")


def test_a_program_that_does_not_exist_is_named_in_its_log(supervisor: Supervisor, tmp_path: Path) -> None:
    child = Child("missing", ["/no/such/program"], log=tmp_path / "log", ready=lambda _: False, attempts=1)
    with pytest.raises(
        ChildGaveUp, match=r"exited with code 126(?s:.*)/no/such/program could not be started: .*No such"
    ):
        supervisor.start(child)


def test_a_log_in_a_missing_directory_is_said(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(ChildGaveUp, match="No such file or directory"):
        supervisor.start(python("one", SLEEPS, log=tmp_path / "missing" / "log", attempts=1))


def test_a_log_that_has_grown_big_is_put_aside(supervisor: Supervisor, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as file:
        file.truncate(20_000_001)
    supervisor.start(python("one", SLEEPS, log=log))
    assert log.stat().st_size == 0
    assert (tmp_path / "log.1").stat().st_size == 20_000_001


def test_names_are_given_once(supervisor: Supervisor) -> None:
    supervisor.start(python("one", SLEEPS))
    with pytest.raises(SupervisorError, match="already a child named one"):
        supervisor.launch(python("one", SLEEPS))


def test_a_name_that_nobody_has_is_said(supervisor: Supervisor) -> None:
    with pytest.raises(SupervisorError, match="no child named nobody"):
        supervisor.is_ready("nobody")


def test_waves_stop_in_the_reverse_order(supervisor: Supervisor, events: list[Event]) -> None:
    supervisor.start(python("database", SLEEPS))
    supervisor.start(python("worker", SLEEPS))
    supervisor.wait(0.01)
    supervisor.stop()
    assert [event.name for event in events if event.kind is EventKind.STOPPED] == ["worker", "database"]
    assert supervisor.pids() == {}
    supervisor.stop()


def test_one_child_can_be_stopped_and_started_anew(supervisor: Supervisor) -> None:
    supervisor.start(python("one", SLEEPS), python("other", SLEEPS))
    supervisor.stop("one")
    assert list(supervisor.pids()) == ["other"]
    supervisor.start(python("one", SLEEPS))
    assert supervisor.is_ready("one")


def test_a_child_that_takes_no_notice_is_killed_in_the_end(supervisor: Supervisor, tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = python("stubborn", STUBBORN, log=log, ready=lambda _: "deaf" in log.read_text(), stop_seconds=0.1)
    supervisor.start(child)
    pid = pid_of(supervisor, "stubborn")
    supervisor.stop()
    assert not runs(pid)


def test_the_children_of_a_killed_child_go_with_it(supervisor: Supervisor) -> None:
    supervisor.start(python("master", MASTER))
    master = pid_of(supervisor, "master")
    eventually(lambda: len(with_descendants(master)) == 2)
    family = with_descendants(master)
    os.kill(master, signal.SIGKILL)
    eventually(lambda: gone(family))
    eventually(lambda: supervisor.pids()["master"] not in {None, master})


def test_the_guard_is_replaced_when_somebody_kills_it(supervisor: Supervisor) -> None:
    before = guards()
    supervisor.start(python("one", SLEEPS))
    (killed,) = guards() - before
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: not runs(killed))
    supervisor.start(python("other", SLEEPS))
    assert len(guards() - before) == 1


def guards() -> set[int]:
    """The guards that this process runs, with those of servers that tests share."""
    return {pid for pid in with_descendants(os.getpid()) if runs(pid) and "guard_main" in command_line(pid)}


def test_a_port_is_ready_when_something_listens(supervisor: Supervisor) -> None:
    port = free_port()
    assert not port_ready(port)(0)
    supervisor.start(
        Child("web", [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)], ready=port_ready(port))
    )
    assert port_ready(port)(0)


@pytest.mark.parametrize(("path", "ready"), [("/healthz", True), ("/broken", False)])
def test_http_is_ready_when_it_answers_200(path: str, *, ready: bool) -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/healthz" else 503)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        url = f"http://127.0.0.1:{server.server_port}{path}"
        assert http_ready(url)(0) is ready
        server.shutdown()
        serving.join()
    assert http_ready(url)(0) is False


def test_pauses_between_restarts_grow_and_stay_bounded() -> None:
    pauses = [pause_before(restart) for restart in range(1, 50)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (0.05, LONGEST_PAUSE_SECONDS)


def test_a_child_started_by_a_thread_outlives_the_thread() -> None:
    started = []
    thread = threading.Thread(target=lambda: started.append(spawn([sys.executable, "-c", SLEEPS])))
    thread.start()
    thread.join()
    (process,) = started
    time.sleep(0.2)
    assert process.poll() is None
    process.kill()
    process.wait()


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system binds no process to a core")
def test_a_child_stays_on_the_cores_of_the_thread_that_asked_for_it(tmp_path: Path) -> None:
    ours = sorted(os.sched_getaffinity(0))
    tells = [sys.executable, "-c", "import os; print(sorted(os.sched_getaffinity(0)))"]

    def start(cores: list[int]) -> None:
        os.sched_setaffinity(0, cores)
        spawn(tells, log=tmp_path / "cores").wait()

    for cores in ([ours[0]], [ours[-1]], ours):
        thread = threading.Thread(target=start, args=(cores,))
        thread.start()
        thread.join()
    assert (tmp_path / "cores").read_text().splitlines() == [f"[{ours[0]}]", f"[{ours[-1]}]", str(ours)]


def test_whoever_waits_learns_why_a_start_failed() -> None:
    failing: Callable[[], object] = lambda: spawn(["true"], cwd=Path("/no/such/directory"))  # noqa: E731
    with pytest.raises(FileNotFoundError):
        failing()
