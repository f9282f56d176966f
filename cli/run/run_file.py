"""`DATA_DIR/run.json`: what other programs need to know about a running stack."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sandbox.files import write_privately

#: Processes of which there may be several.
SEVERAL: Final = ("ingest", "api", "worker", "scheduler")
#: Processes of which there is one, or none where the user has given another.
ONE: Final = ("postgres", "redis", "sandbox")


@dataclass
class RunFile:
    """The file, written whole with mode 0600 at each change, and gone when the run is over."""

    path: Path
    urls: Mapping[str, str | None] = field(default_factory=dict)
    tokens: Mapping[str, str | None] = field(default_factory=dict)
    supervisor: int = 0
    _written: str = ""
    _shown: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def show(self, pids: Mapping[str, int | None]) -> None:
        """Write it for the first time: from now on `update` keeps it true."""
        with self._lock:
            self._shown = True
            self._write(pids)

    def update(self, pids: Mapping[str, int | None]) -> None:
        """Write it again if something has changed; nothing before `show` and after `remove`."""
        with self._lock:
            if self._shown:
                self._write(pids)

    def remove(self) -> None:
        """Take it away. Safe to call twice."""
        with self._lock:
            self._shown = False
            self.path.unlink(missing_ok=True)

    def _write(self, pids: Mapping[str, int | None]) -> None:
        text = json.dumps({"urls": dict(self.urls), "pids": self._pids(pids), **self.tokens}, indent=2)
        if text != self._written or not self.path.exists():
            write_privately(self.path, text + "\n")
            self._written = text

    def _pids(self, pids: Mapping[str, int | None]) -> dict[str, Any]:
        # A second one of a kind has a number behind its name.
        several = {
            name: [pid for child, pid in pids.items() if pid and child.partition("-")[0] == name] for name in SEVERAL
        }
        return {"supervisor": self.supervisor, **several, **{name: pids.get(name) for name in ONE}}
