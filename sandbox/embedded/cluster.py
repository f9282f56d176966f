"""Makes PostgreSQL's data directory, whole or not at all."""

import os
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

from sandbox.embedded.binaries import PostgresBinaries
from sandbox.embedded.errors import EmbeddedServerError
from sandbox.embedded.identity import choose_identity, give
from sandbox.files import write_privately
from sandbox.supervisor.errors import log_tail
from sandbox.supervisor.groups import end, exited_within
from sandbox.supervisor.spawn import Identity, spawn

#: Half a second here; a slow disk and a busy machine get their time.
MAKE_SECONDS = 120
#: The system's role. It may do what the role of a production database may, and make databases; it is no superuser.
ROLE = "gavelpay"
SUPERUSER = "postgres"
DATABASE = "gavelpay"

SETUP = f"""
CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{{password}}';
GRANT pg_monitor, pg_checkpoint TO {ROLE};
CREATE DATABASE {DATABASE} OWNER {ROLE};
"""


def server_environment() -> dict[str, str]:
    """Return an environment that leaves nothing to chance: no PG* variable, no locale, no time zone from outside."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def make_cluster(data: Path, binaries: PostgresBinaries, password: str, log: Path) -> Identity:
    """Make `data` unless it is there, and return whom its server must run as.

    A new one is made beside its place and renamed when it is complete, so an interruption leaves nothing half-made.

    Raises:
        EmbeddedServerError: it cannot be made, is of another version, or cannot be used by this user.
    """
    if data.exists():
        _check_version(data, binaries)
        return choose_identity(binaries.postgres, data)
    draft, setup = data.with_name(f"{data.name}.draft"), data.with_name(f"{data.name}.setup")
    for directory in (draft, setup):
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(mode=0o700)
    identity = choose_identity(binaries.postgres, draft)
    try:
        _initialise(draft, setup, binaries, password=password, identity=identity, log=log)
    finally:
        shutil.rmtree(setup, ignore_errors=True)
    draft.rename(data)
    _fsync(data.parent)
    return identity


def _initialise(
    data: Path, setup: Path, binaries: PostgresBinaries, *, password: str, identity: Identity, log: Path
) -> None:
    write_privately(setup / "password", password)
    write_privately(setup / "setup.sql", SETUP.format(password=password).lstrip())
    if identity.user:
        give(setup, identity.user)
    unicode = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    secret = ["--auth=scram-sha-256", f"--pwfile={setup / 'password'}"]
    initdb = [binaries.initdb, f"--pgdata={data}", f"--username={SUPERUSER}", "--encoding=UTF8", "--locale=C"]
    _run([*map(str, initdb), *unicode, *secret], identity, log)
    # One process without a port: a server that others could reach would be up before its role is right.
    quiet = ["-c", "log_min_error_statement=panic"]  # the statements hold the password
    single = ["--single", "-c", "exit_on_error=true", *quiet, "-D", str(data), "postgres"]
    script = 'script=$1; shift; exec "$@" <"$script"'
    _run(["/bin/sh", "-c", script, "sh", str(setup / "setup.sql"), str(binaries.postgres), *single], identity, log)


def _run(argv: Sequence[str], identity: Identity, log: Path) -> None:
    process = spawn(argv, env=server_environment(), log=log, identity=identity, death_signal=signal.SIGKILL)
    try:
        in_time = exited_within(process, MAKE_SECONDS)
    finally:
        end(process, signal.SIGTERM, 1)
    if not in_time or process.returncode != 0:
        ending = f"ended with code {process.returncode}" if in_time else f"took longer than {MAKE_SECONDS} seconds"
        raise EmbeddedServerError(f"PostgreSQL's data could not be made: {argv[0]} {ending}.{log_tail(log)}")


def _check_version(data: Path, binaries: PostgresBinaries) -> None:
    try:
        version = (data / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise EmbeddedServerError(
            f"{data} is not a data directory of PostgreSQL that {_whoami()} can read: {error}. "
            "Move it away, or choose another data directory."
        ) from error
    if version != str(binaries.major):
        raise EmbeddedServerError(
            f"{data} was made by PostgreSQL {version}, and the server found is version {binaries.major}: "
            "move the directory away, or choose another data directory."
        )


def _whoami() -> str:
    return "root" if os.geteuid() == 0 else f"user {os.geteuid()}"


def _fsync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
