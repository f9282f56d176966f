"""Becomes another program, after arranging that it dies with the process that started it.

Run as a script by the absolute path of this file, under `python -I -S` (15 ms): a child must do these things to itself
between fork and exec, and Python code between fork and exec is not safe in a process that has threads.

The death signal comes last, because the kernel forgets it whenever the user changes.
"""

import argparse
import ctypes
import os
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
#: What shells exit with when a program cannot be executed.
CANNOT_EXECUTE = 126


def libc_call(name: str, *arguments: int) -> None:
    """Call a function of the C library that answers non-zero on failure. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")


def become_user(uid: int, gid: int) -> None:
    """Give up being root for good."""
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def appear_as(uid: int) -> None:
    """Look like `uid` to oneself while the files one makes stay the caller's: a user namespace with one user in it."""
    outside_uid, outside_gid = os.geteuid(), os.getegid()
    libc_call("unshare", CLONE_NEWUSER)
    for name, text in [
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {outside_uid} 1"),
        ("gid_map", f"{uid} {outside_gid} 1"),
    ]:
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 - pathlib costs a tenth of a second here
            file.write(text)


def die_with(parent: int, signum: int) -> None:
    """Ask the kernel for `signum` when the parent ends; exit at once if it has ended already."""
    if sys.platform == "linux":
        libc_call("prctl", PR_SET_PDEATHSIG, signum, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(CANNOT_EXECUTE)


def main(arguments: Sequence[str]) -> None:
    """Do as the options say, and become the program. Returns never."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--death-signal", type=int, required=True)
    parser.add_argument("--user", type=int, nargs=2, metavar=("UID", "GID"))
    parser.add_argument("--appear-as", type=int, metavar="UID")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(arguments)
    try:
        if options.user:
            become_user(*options.user)
        if options.appear_as is not None:
            appear_as(options.appear_as)
        die_with(options.parent, options.death_signal)
        os.execvp(options.command[0], options.command)  # noqa: S606 - the caller chose the program
    except OSError as error:
        sys.stderr.write(f"{options.command[0]} could not be started: {error}\n")
        sys.exit(CANNOT_EXECUTE)


if __name__ == "__main__":
    main(sys.argv[1:])
