"""Compare the windows in Redis with those in PostgreSQL, and mend the former. PostgreSQL is always right."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.clock import Clock
from domain.window_mirror import Entry, Window
from gateways.window_mirror import WindowMirror
from models.unit_of_work import Begin
from models.windows import live_after, live_among
from services.observing import Observer

_BATCH: Final = 500
_FIRST: Final = UUID(int=0)
#: What can be wrong with an entry: it is not there; it says something else; its session is over, or there is none.
MISSING, WRONG, STALE = "missing", "wrong", "stale"


@dataclass(frozen=True, slots=True)
class MirrorWindows:
    """Go through all windows that are not over, and through all that the mirror shows, once.

    Safe to run any number of times, at the same time on several workers, and beside commits that write to the mirror
    themselves. It reads PostgreSQL in short transactions, and asks Redis in none.
    """

    begin: Begin
    mirror: WindowMirror
    observer: Observer
    now: Clock
    batch: int = _BATCH

    def __call__(self) -> int:
        """Compare once. Always 0: nothing is left to do until the clock asks again."""
        self.compare()
        return 0

    def compare(self) -> Mapping[str, int]:
        """Mend what differs, and tell how many entries that were, by what was wrong with them.

        Raises:
            GatewayUnavailable: Redis is away; what was mended stays mended.
        """
        repairs: Counter[str] = Counter({MISSING: 0, WRONG: 0, STALE: 0})
        # What is too much first: a set that is no set would refuse what is missing in it.
        for names in self.mirror.pages():
            repairs[STALE] += self._drop(names)
        for windows in self._live():
            repairs.update(self._mend(windows))
        self.observer.mirror_compared(repairs)
        return repairs

    def _live(self) -> Iterator[list[Window]]:
        last = _FIRST
        while True:
            with self.begin() as uow:
                windows = live_after(uow.connection, last, self.batch)
            if windows:
                yield windows
                last = windows[-1].session_id
            if len(windows) < self.batch:
                return

    def _mend(self, windows: Sequence[Window]) -> list[str]:
        """Mend what is missing or wrong; tells what it was, for each that was mended."""
        now = self.now()
        entries = self.mirror.read([window.session_id for window in windows])
        differing = {
            window.session_id: entry
            for window, entry in zip(windows, entries, strict=True)
            if not entry.is_right(window, now)
        }
        if not differing:
            return []
        # A commit may have come between the two readings: what it wrote is no mistake.
        with self.begin() as uow:
            fresh = live_among(uow.connection, list(differing))
        found: list[tuple[Window, Entry]] = [
            (window, differing[session_id])
            for session_id, window in fresh.items()
            if not differing[session_id].is_right(window, now)
        ]
        done = self.mirror.repair(found) if found else []
        kinds = (MISSING if entry.is_missing else WRONG for _, entry in found)
        return [kind for kind, repaired in zip(kinds, done, strict=True) if repaired]

    def _drop(self, names: Sequence[bytes]) -> int:
        """Remove what belongs to no live session. Over is over: none of these can come to life again."""
        ids = {name: _session_id(name) for name in names}
        with self.begin() as uow:
            live = live_among(uow.connection, [one for one in ids.values() if one is not None])
        stale = [name for name, session_id in ids.items() if session_id not in live]
        return self.mirror.remove(stale) if stale else 0


def _session_id(name: bytes) -> UUID | None:
    """Whose entry it is; None for a name that we never write."""
    try:
        session_id = UUID(name.decode())
    except ValueError:
        return None
    return session_id if str(session_id).encode() == name else None
