"""The small parts: signals, the data directory, run.json, ports."""

import json
import os
import signal
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from cli.run.children import Processes
from cli.run.data_dir import held, is_held
from cli.run.errors import CannotRun, StopAsked
from cli.run.ports import Ports, check_free
from cli.run.run_file import RunFile
from cli.run.shell_file import refuse_such_a_shell, shown_to_shells
from cli.run.stopping import Stopping, on_signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_asks_to_stop_and_a_second_one_changes_nothing(number: int) -> None:
    stopping, before = Stopping(), signal.getsignal(number)
    with on_signals(stopping):
        stopping.nap(0.0)
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        with pytest.raises(StopAsked):
            stopping.nap(60.0)
    assert stopping.asked
    assert signal.getsignal(number) is before


def test_the_sandbox_is_told_of_the_mailbox_where_there_is_one(tmp_path: Path) -> None:
    ports = Ports(8000)
    assert "--mailbox-url" not in Processes(ports, {}, tmp_path).sandbox().argv
    with_mail = Processes(ports, {}, tmp_path, has_mailbox=True).sandbox()
    assert with_mail.argv[with_mail.argv.index("--mailbox-url") + 1] == "http://127.0.0.1:8007"


def test_waiting_ends_when_it_is_true_or_too_late() -> None:
    stopping, answers = Stopping(), iter([False, True])
    assert stopping.until(lambda: next(answers), tries=5)
    assert not stopping.until(lambda: False, tries=1)
    stopping.ask()
    with pytest.raises(StopAsked):
        stopping.until(lambda: False, tries=100)


def test_a_data_directory_is_held_by_one(tmp_path: Path) -> None:
    with held(tmp_path / "data") as directory:
        assert (directory / "logs").is_dir()
        with pytest.raises(CannotRun, match=f"process {os.getpid()}"), held(directory):
            raise AssertionError
        assert is_held(directory)
    assert not is_held(tmp_path / "data")
    assert not is_held(tmp_path / "elsewhere")
    with held(tmp_path / "data"):
        pass


def test_run_json_is_there_from_show_to_remove(tmp_path: Path) -> None:
    file = RunFile(tmp_path / "run.json", {"api": "http://x"}, {"service_token": "t"}, supervisor=1)
    pids = {"worker": 5, "postgres": 6, "redis": None, "api": None}
    file.update(pids)
    assert not file.path.exists()
    file.show(pids)
    file.update({**pids, "worker": 7})
    told = json.loads(file.path.read_text())
    assert told["pids"] == {
        "supervisor": 1,
        "ingest": [],
        "api": [],
        "worker": [7],
        "scheduler": [],
        "postgres": 6,
        "redis": None,
        "sandbox": None,
    }
    file.remove()
    file.update(pids)
    file.remove()
    assert not file.path.exists()


def test_a_shell_that_reads_env_has_the_variables_of_the_processes_and_the_programs(tmp_path: Path) -> None:
    env = {"HOUSE_NAME": "Ann & Söhne's $HOME", "MAIL_FROM_FILE": "/run/from", "PUBLIC_URL": " ", "SHLVL": "9"}
    refuse_such_a_shell(env)
    with pytest.raises(CannotRun, match="has read /data/env"):
        refuse_such_a_shell({"GAVELPAY_SHELL_OF": "/data/env"})
    wanted = 'echo "$HOUSE_NAME|$MAIL_FROM_FILE|${PUBLIC_URL-unset}|$GAVELPAY_SHELL_OF|$PATH"'
    with shown_to_shells(tmp_path, env, [Path("/opt/pg 18/bin")]) as file:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert "SHLVL" not in file.read_text()
        shell = ["/bin/sh", "-c", f'. "$0"; {wanted}', str(file)]
        told = subprocess.run(shell, capture_output=True, text=True, check=True, env={"PATH": "/bin"}).stdout
    assert told.startswith(f"Ann & Söhne's $HOME|/run/from|unset|{file}|")
    assert told.endswith(":/opt/pg 18/bin:/bin\n")
    assert not file.exists()


def test_postgresqls_own_programs_need_no_address_as_an_argument(tmp_path: Path) -> None:
    url = "postgres://user:p%40ss%27%24word@db.example:5433/pay?sslmode=require"
    with shown_to_shells(tmp_path, {"DATABASE_URL": url}, []) as file:
        wanted = 'echo "$PGUSER|$PGPASSWORD|$PGHOST|$PGPORT|$PGDATABASE|$PGSSLMODE"'
        told = subprocess.run(
            ["/bin/sh", "-c", f'. "$0"; {wanted}', str(file)], capture_output=True, text=True, check=True
        )
    assert told.stdout == "user|p@ss'$word|db.example|5433|pay|require\n"


def test_ports_in_use_are_told_all_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        first, second = one.getsockname()[1], two.getsockname()[1]
        with pytest.raises(CannotRun, match=rf"ports are .*{first} \(api\), {second} \(ingest\)"):
            check_free([(first, "api"), (second, "ingest")])
    check_free([])
