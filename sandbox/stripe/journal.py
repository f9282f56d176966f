"""Keeps a sandbox's memory in a file, so that it survives a restart: one line for each change, whole or not at all."""

import os
from pathlib import Path
from typing import IO

import orjson

from sandbox.stripe.store import Store
from sandbox.stripe.wire import Obj

#: kind, id, and the object; None where it was deleted.
Entry = tuple[str, str, Obj | None]


class Journal:
    """Appends what changed; on opening, reads everything back and writes it anew without the former states.

    A killed process loses nothing that it answered for. A power cut may cost the last moments: this is a sandbox.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = _read(path)
        self._rewrite()
        self.store.changed = {}
        self._file: IO[bytes] = path.open("ab", buffering=0)

    def write(self) -> None:
        """Write down what changed since the last time."""
        changed = self.store.changed
        if not changed:
            return
        entries: list[Entry] = [(kind, one, self.store.find(kind, one)) for kind, one in changed]
        changed.clear()
        self._file.write(orjson.dumps(entries) + b"\n")

    def close(self) -> None:
        """Write the rest, and let go of the file."""
        self.write()
        self._file.close()

    def _rewrite(self) -> None:
        """One line for each object, in a new file that takes the old one's place at once."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(self.path.suffix + ".new")
        with fresh.open("wb") as file:
            for kind, table in self.store.tables.items():
                for row in table.oldest():
                    file.write(orjson.dumps([(kind, row["id"], row)]) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(0o600)
        fresh.replace(self.path)


def _read(path: Path) -> Store:
    """Everything that the file tells; a torn last line was never answered for."""
    store = Store()
    if not path.exists():
        return store
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            for kind, object_id, row in orjson.loads(line):
                if row is not None:
                    store.save(row)
                elif store.find(kind, object_id) is not None:
                    store.delete(kind, object_id)
    return store
