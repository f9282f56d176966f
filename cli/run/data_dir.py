"""The directory of one run: held by one `gavelpay run` at a time, readable by its owner alone."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.run.errors import CannotRun


@contextmanager
def held(directory: Path) -> Iterator[Path]:
    """Make the directory and keep others out while the block lasts; gives its absolute path.

    Raises:
        CannotRun: another run uses it, or it cannot be written.
    """
    directory = directory.absolute()
    lock = _open(directory)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(lock, 20, 0).decode() or "unknown"
            raise CannotRun(
                f"Another `gavelpay run` (process {holder}) uses {directory}: stop it, or choose another --data-dir."
            ) from error
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        yield directory
    finally:
        os.close(lock)


def is_held(directory: Path) -> bool:
    """Whether a run uses this directory now, be it that it only starts."""
    try:
        lock = os.open(directory / "run.lock", os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False


def _open(directory: Path) -> int:
    try:
        if not directory.exists():
            directory.mkdir(parents=True, exist_ok=True)
            # As root, PostgreSQL runs as somebody else, who must get through to its data.
            directory.chmod(0o711 if os.geteuid() == 0 else 0o700)
        (directory / "logs").mkdir(mode=0o700, exist_ok=True)
        return os.open(directory / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotRun(f"{directory} cannot be used for data: {error.strerror}.") from error
