"""Receipts in a folder of this machine, or of one that several machines share."""

import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from errno import EACCES, EDQUOT, EEXIST, EFBIG, EISDIR, ELOOP, ENOSPC, ENOTDIR, EOPNOTSUPP, EPERM, EROFS
from pathlib import Path
from typing import Final

from domain.errors import GatewayRefused, GatewayUnavailable, GavelpayError
from gateways.storage.filenames import safe_filename
from gateways.storage.keys import check_hash, checked_key, stored_otherwise
from gateways.storage.links import SignedLinks
from gateways.storage.storage import Concern, NotStored

#: Never part of a key.
_DRAFT: Final = ".draft-"
_FULL: Final = frozenset({ENOSPC, EDQUOT, EFBIG})
#: What a person must mend. A file system that has no hard links answers the last two.
_WRONG: Final = frozenset({EACCES, EROFS, ENOTDIR, EISDIR, EEXIST, ELOOP, EPERM, EOPNOTSUPP})
#: A house with a thousand sales a day fills this in a day.
_LITTLE_BYTES: Final = 100 * 1024**2
#: The largest receipt is a few hundred KB.
LARGEST_BYTES: Final = 16 * 1024**2


class Folder:
    """A storage in a folder, which is made with the first receipt.

    A file appears whole under its name or not at all, is never replaced, and is readable by its owner alone. A process
    that dies while it writes leaves at most a file `.draft-…`, which can be deleted.

    Args:
        root: the folder's absolute path.
        links: makes the links; the `api` process serves them through `follow`.
    """

    def __init__(self, root: Path, links: SignedLinks) -> None:
        self._root = root
        self._links = links

    @property
    def place(self) -> str:
        """The folder's path."""
        return str(self._root)

    def put(self, key: str, content: bytes, *, sha256: bytes) -> None:
        """Write a file and wait until the disk has it."""
        path = self._path(key)
        check_hash(key, content, sha256)
        with self._translated(key):
            _make(path.parent)
            try:
                _write(path, content)
            except FileExistsError:
                if hashlib.sha256(_read(path)).digest() != sha256:
                    raise stored_otherwise(key) from None
                # Whoever wrote it may have died before its name was on the disk.
                _sync(path.parent)

    def get(self, key: str) -> bytes:
        """Read a file."""
        path = self._path(key)
        with self._translated(key):
            try:
                return _read(path)
            except FileNotFoundError:
                raise NotStored(f"there is no {key} in the receipts' folder {self._root}") from None

    def link(self, key: str, *, filename: str, now: datetime, ttl: timedelta) -> str:
        """A link to the `api` process, signed by us."""
        return self._links.make(checked_key(key), safe_filename(filename), now, ttl)

    def follow(self, key: str, *, filename: str, expires: str, signature: str, now: datetime) -> tuple[bytes, datetime]:
        """What a link leads to, and when it ends. All arguments but `now` are as they stand in the link.

        Raises:
            LinkForged, LinkExpired: it leads nowhere (any more).
        """
        until = self._links.check(key, filename, expires, signature, now)
        return self.get(key), until

    def concerns(self) -> list[Concern]:
        """Write, read and delete a file. A folder that is not there yet is not made: only whether it could be."""
        with self._translated("a trial file"):
            there = next(one for one in (self._root, *self._root.parents) if one.exists())
            if there == self._root:
                _try(self._root)
            elif not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
                raise GatewayRefused(f"the receipts' folder {self._root} is not there, and cannot be made in {there}")
            free = shutil.disk_usage(there).free
        if free < _LITTLE_BYTES:
            return [Concern(f"only {free // 1024**2} MB are free in {self._root}", "Make room.")]
        return []

    def close(self) -> None:
        """There is nothing to close."""

    def _path(self, key: str) -> Path:
        path = self._root / checked_key(key)
        # A key does not lead out of the folder; a symbolic link in it could.
        if not path.parent.resolve().is_relative_to(self._root.resolve()):
            raise GatewayRefused(f"{key} lies outside of the receipts' folder {self._root}")
        return path

    @contextmanager
    def _translated(self, key: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._in_words(key, error) from error

    def _in_words(self, key: str, error: OSError) -> GavelpayError:
        where, why = f"the receipts' folder {self._root}", error.strerror or str(error)
        if error.errno in _FULL:
            return GatewayUnavailable(f"the disk of {where} is full; {key} waits until there is room")
        if error.errno in _WRONG:
            return GatewayRefused(f"{where} cannot be used for {key}: {why}")
        return GatewayUnavailable(f"{where} failed with {key}: {why}")


def _make(directory: Path) -> None:
    """Make a directory and what is missing above it, each of them durably."""
    missing = [one for one in (directory, *directory.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
        _sync(one.parent)


def _write(path: Path, content: bytes) -> None:
    """Write a whole file.

    Raises:
        FileExistsError: there is one; it stays as it is.
    """
    draft = path.with_name(_DRAFT + secrets.token_hex(8))
    try:
        with open(draft, "xb", opener=_privately) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # A rename would replace what another process has put there meanwhile; a second name for the draft never does.
        path.hardlink_to(draft)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
    _sync(path.parent)


def _read(path: Path) -> bytes:
    with open(path, "rb", opener=_plainly) as file:
        is_file = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
        content = file.read(LARGEST_BYTES + 1) if is_file else None
    if content is None or len(content) > LARGEST_BYTES:
        raise GatewayRefused(f"{path} is no receipt")
    return content


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _plainly(path: str, flags: int) -> int:
    # Neither is a symbolic link followed nor a pipe waited for: we make none.
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _try(root: Path) -> None:
    trial = root / f"{_DRAFT}{secrets.token_hex(8)}-trial"
    _write(trial, b"trial")
    try:
        if _read(trial) != b"trial":
            raise GatewayUnavailable(f"{root} does not give back what was written")
    finally:
        trial.unlink()


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
