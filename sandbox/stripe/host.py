"""A core that several threads may use."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sandbox.stripe.core import StripeCore


class Host:
    """Whoever touches the core does so inside `using()`; afterwards whoever waits for changes is told."""

    def __init__(self, core: StripeCore) -> None:
        self._core = core
        self._lock = threading.RLock()
        #: Called after each use, so that webhooks leave at once.
        self.changed: Callable[[], None] = lambda: None

    @contextmanager
    def using(self) -> Iterator[StripeCore]:
        """The core, for oneself alone. No waiting inside."""
        with self._lock:
            yield self._core
        self.changed()

    @contextmanager
    def quietly(self) -> Iterator[StripeCore]:
        """As `using`, for those who are told of changes themselves."""
        with self._lock:
            yield self._core
