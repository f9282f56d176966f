"""A core that several threads may use."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sandbox.stripe.core import StripeCore
from sandbox.stripe.journal import Journal


class Host:
    """Whoever touches the core does so inside `using()`; afterwards whoever waits for changes is told."""

    def __init__(self, core: StripeCore, journal: Journal | None = None) -> None:
        self._core = core
        self._journal = journal
        self._lock = threading.RLock()
        #: Called after each use, so that webhooks leave at once.
        self.changed: Callable[[], None] = lambda: None

    @contextmanager
    def using(self) -> Iterator[StripeCore]:
        """The core, for oneself alone. No waiting inside."""
        with self.quietly() as core:
            yield core
        self.changed()

    @contextmanager
    def quietly(self) -> Iterator[StripeCore]:
        """As `using`, for those who are told of changes themselves."""
        with self._lock:
            try:
                yield self._core
            finally:
                # Before anybody is answered.
                if self._journal is not None:
                    self._journal.write()
