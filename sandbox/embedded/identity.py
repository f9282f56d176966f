"""Decides whom PostgreSQL runs as: it refuses to be root, and it wants its user to have a name.

An ordinary user runs it as himself. Root lends it the user `nobody`, or the user who owns the data already. Where that
user cannot reach the programs or the data (an installation under a home directory of mode 0700), and where the user has
no name (a container started with a bare uid), it appears as `nobody` to itself, in a user namespace of its own.
"""

import os
import pwd
import subprocess
import sys
from pathlib import Path

from sandbox.embedded.errors import EmbeddedServerError
from sandbox.supervisor.spawn import SAME_USER, SHIM, Identity

#: The uid and gid of `nobody` where the system does not say.
NOBODY = 65534
TRY_SECONDS = 10


def choose_identity(program: Path, data: Path) -> Identity:
    """Return whom `program` can run as on `data` (which exists), and give the data to that user.

    Raises:
        EmbeddedServerError: there is nobody it could run as, or the data belong to somebody else.
    """
    uid, owner = os.geteuid(), data.stat().st_uid
    if uid != 0:
        if owner != uid:
            raise EmbeddedServerError(
                f"{data} belongs to {_name(owner)}, and this is {_name(uid)}: "
                "run as that user, or choose another data directory."
            )
        return SAME_USER if _has_name(uid) else _namespace(program, data, f"the user {uid} has no name on this system")
    user = _named_user(owner) if owner else _nobody()
    if user and _works(Identity(user=user), program, data):
        give(data, user)
        return Identity(user=user)
    who = _name(user[0]) if user else f"the user {owner}"
    identity = _namespace(program, data, f"{who} cannot reach {program} or {data}")
    give(data, (0, 0))
    return identity


def give(path: Path, user: tuple[int, int]) -> None:
    """Give a directory and everything in it to a user; does nothing where it is theirs. Needs root."""
    if path.stat().st_uid == user[0]:
        return
    for parent, _, files in os.walk(path):
        for name in [parent, *(os.path.join(parent, file) for file in files)]:  # noqa: PTH118 - thousands of files
            os.chown(name, *user, follow_symlinks=False)


def _namespace(program: Path, data: Path, why: str) -> Identity:
    identity = Identity(appear_as=_nobody()[0])
    if _works(identity, program, data):
        return identity
    raise EmbeddedServerError(
        f"PostgreSQL cannot run here as {_name(os.geteuid())}: {why}, and this system forbids user namespaces. "
        "Run as an ordinary user, move the installation and the data to a place that every user may enter (mode 0755), "
        "or set DATABASE_URL to a server of yours."
    )


def _works(identity: Identity, program: Path, data: Path) -> bool:
    """Try it: can that user enter the data's directory and run the program?"""
    shim = [sys.executable, "-I", "-S", str(SHIM), "--parent", str(os.getpid()), "--death-signal", "9"]
    test = ["/bin/sh", "-c", 'cd "$1" && exec "$2" --version', "sh", str(data.parent), str(program)]
    attempt = subprocess.run(  # noqa: S603 - our own shim and the system's shell
        [*shim, *identity.options(), "--", *test],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TRY_SECONDS,
        check=False,
    )
    return attempt.returncode == 0


def _nobody() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return NOBODY, NOBODY
    return entry.pw_uid, entry.pw_gid


def _named_user(uid: int) -> tuple[int, int] | None:
    try:
        return uid, pwd.getpwuid(uid).pw_gid
    except KeyError:
        return None


def _has_name(uid: int) -> bool:
    return _named_user(uid) is not None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"the user {uid}"
