"""Compare the windows in Redis with those in PostgreSQL, and mend the former. PostgreSQL is always right."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Final, TypeVar
from uuid import UUID

from domain.clock import Clock
from domain.window_mirror import Entry, Window
from gateways.window_mirror import WindowMirror
from models.unit_of_work import Begin
from models.windows import live_after, live_among
from services.observing import Observer

T = TypeVar("T")

_BATCH: Final = 500
#: How many differences are remembered at most while they are waited for.
_MOST: Final = 20_000
#: A window is shown this soon after its commit, or whoever committed it has died or found Redis away.
SETTLED: Final = timedelta(seconds=2)
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
    pause: Callable[[float], None] = time.sleep

    def __call__(self) -> int:
        """Compare once. Always 0: nothing is left to do until the clock asks again."""
        self.compare()
        return 0

    def compare(self) -> Mapping[str, int]:
        """Mend what differs, and tell how many entries that were, by what was wrong with them.

        What differs is looked at again a moment later: who has just committed a window is about to show it.

        Raises:
            GatewayUnavailable: Redis is away; what was mended stays mended.
        """
        repairs: Counter[str] = Counter({MISSING: 0, WRONG: 0, STALE: 0})
        # What is too much first: a set that is no set would refuse what is missing in it.
        for names in self._again(self._stale(names) for names in self.mirror.pages()):
            repairs[STALE] += self.mirror.remove(self._stale(names))
        for windows in self._again(self._differing(windows) for windows in self._live()):
            repairs.update(self._mend(windows))
        self.observer.mirror_compared(repairs)
        return repairs

    def _again(self, found: Iterable[Sequence[T]]) -> Iterator[Sequence[T]]:
        """Everything that was found, each once and in batches, no sooner than a commit needs to be shown."""
        waiting: dict[T, None] = {}
        for some in chain(found, [None]):
            waiting.update(dict.fromkeys(some or ()))
            if waiting and (some is None or len(waiting) >= _MOST):
                self.pause(SETTLED.total_seconds())
                ripe, waiting = list(waiting), {}
                yield from (ripe[first : first + self.batch] for first in range(0, len(ripe), self.batch))

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

    def _differing(self, windows: Sequence[Window]) -> list[Window]:
        return [window for window, _ in self._found(windows)]

    def _found(self, windows: Sequence[Window]) -> list[tuple[Window, Entry]]:
        now = self.now()
        entries = self.mirror.read([window.session_id for window in windows])
        return [one for one in zip(windows, entries, strict=True) if not one[1].is_right(one[0], now)]

    def _mend(self, windows: Sequence[Window]) -> list[str]:
        """Mend what is still missing or wrong; tells what it was, for each that was mended."""
        found = self._found(windows)
        # Read after the mirror: a window that a commit has changed since it differed is that commit's to show.
        with self.begin() as uow:
            fresh = live_among(uow.connection, [window.session_id for window, _ in found])
        found = [(window, entry) for window, entry in found if fresh.get(window.session_id) == window]
        done = self.mirror.repair(found) if found else []
        kinds = (MISSING if entry.is_missing else WRONG for _, entry in found)
        return [kind for kind, repaired in zip(kinds, done, strict=True) if repaired]

    def _stale(self, names: Sequence[bytes]) -> list[bytes]:
        """What belongs to no live session. Over is over: none of these can come to life again."""
        ids = {name: _session_id(name) for name in names}
        with self.begin() as uow:
            live = live_among(uow.connection, [one for one in ids.values() if one is not None])
        return [name for name, session_id in ids.items() if session_id not in live]


def _session_id(name: bytes) -> UUID | None:
    """Whose entry it is; None for a name that we never write."""
    try:
        session_id = UUID(name.decode())
    except ValueError:
        return None
    return session_id if str(session_id).encode() == name else None
