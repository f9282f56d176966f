"""`DATA_DIR/env`: what a shell needs to speak to a running stack: `. .gavelpay/env`, and then `gavelpay doctor`."""

import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from psycopg.pq import Conninfo

from cli.run.errors import CannotRun
from runtime.settings import describe
from runtime.settings.urls import database_url
from sandbox.files import write_privately

NAME: Final = "env"
#: Set in a shell that has read the file, to the file.
MARK: Final = "GAVELPAY_SHELL_OF"


def refuse_such_a_shell(environ: Mapping[str, str]) -> None:
    """Start nothing from a shell that has read the file: its variables are those of another run.

    Raises:
        CannotRun: it has.
    """
    if file := environ.get(MARK, "").strip():
        raise CannotRun(f"This shell has read {file}, whose addresses belong to that run: start from another shell.")


@contextmanager
def shown_to_shells(directory: Path, env: Mapping[str, str], programs: Iterable[Path]) -> Iterator[Path]:
    """Write the file with mode 0600 while the block lasts: afterwards nobody is there who could be spoken to.

    Args:
        directory: the data directory.
        env: the environment of the stack's processes.
        programs: folders of programs that go with it, such as this PostgreSQL's `pg_dump`.
    """
    file = directory / NAME
    write_privately(file, shell_lines({**env, MARK: str(file)}, [Path(sys.executable).parent, *programs]))
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)


def shell_lines(env: Mapping[str, str], programs: Iterable[Path]) -> str:
    """The lines of the file, for any POSIX shell: what our processes and PostgreSQL's programs read, and a PATH."""
    names = [MARK, *(form for variable in describe() for form in (variable.name, f"{variable.name}_FILE"))]
    given = [f"export {name}={shlex.quote(env[name])}" for name in names if env.get(name, "").strip()]
    given += [
        f"export {name}={shlex.quote(value)}" for name, value in _of_postgres(env.get("DATABASE_URL", "").strip())
    ]
    path = ":".join(shlex.quote(str(folder)) for folder in programs)
    return "\n".join(
        ["# Of `gavelpay run`, while it lasts. It holds secrets.", *given, f'export PATH={path}:"$PATH"', ""]
    )


def _of_postgres(url: str) -> Iterator[tuple[str, str]]:
    """What `psql` and `pg_dump` read: an address given as an argument shows its password to all of the machine."""
    if url:
        for option in Conninfo.parse(database_url().parse(url).reveal().encode()):
            if option.envvar and option.val:
                yield option.envvar.decode(), option.val.decode()
