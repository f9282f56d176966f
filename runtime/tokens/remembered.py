"""Tokens that were verified a moment ago: pages and services ask again and again with the same one."""

import threading
from collections import OrderedDict
from typing import Final

from runtime.tokens.callers import Caller
from runtime.tokens.verifying import TokenVerifier

#: Tokens that are remembered; the one that was verified first is forgotten first.
_REMEMBERED: Final = 10_000
#: Seconds after which a token is verified anew: its issuer may have withdrawn its key.
_LONGEST: Final = 60.0


class RememberedTokens:
    """Verifies bearer tokens, each once a minute: a signature costs 40 µs, and some algorithms ten times that.

    A token is never believed for longer than it says itself. What was refused is not remembered. Any thread may ask.
    """

    def __init__(self, verifier: TokenVerifier, *, longest: float = _LONGEST, remembered: int = _REMEMBERED) -> None:
        self._verifier = verifier
        self._longest = longest
        self._most = remembered
        self._lock = threading.Lock()
        #: Who each token proves, and until when it is believed without another look.
        self._known: OrderedDict[str, tuple[Caller, float]] = OrderedDict()

    def __call__(self, token: str) -> Caller:
        """Give the caller that a token proves. May fetch published keys, so an async caller runs it in a thread.

        Raises:
            TokenRefused: It proves nobody; `code` says why.
        """
        caller = self.known(token)
        if caller is None:
            caller, until = self._verifier.until(token)
            with self._lock:
                self._known[token] = caller, min(until, self._now() + self._longest)
                self._known.move_to_end(token)
                while len(self._known) > self._most:
                    self._known.popitem(last=False)
        return caller

    def known(self, token: str) -> Caller | None:
        """The caller that a token was found to prove a moment ago; None if it must be verified. It does not wait."""
        found = self._known.get(token)
        return found[0] if found is not None and self._now() < found[1] else None

    def _now(self) -> float:
        return self._verifier.now().timestamp()
