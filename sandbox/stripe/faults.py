"""Misbehavior on demand: which call or webhook goes wrong, how, how often. Seeded, so that a run repeats exactly."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

#: Kinds that strike a call before any work, in the order in which they are looked for.
BEFORE: Final = ("latency", "rate_limit", "lock_timeout", "lost_before", "error_before")
#: Kinds that strike a call whose work was begun (`error_begun`) or done (the others).
AFTER: Final = ("error_begun", "error_after", "lost_after")
#: Kinds that strike a webhook when its event is made.
MAIL: Final = ("webhook_drop", "webhook_delay", "webhook_reorder", "webhook_repeat")
#: Strikes each try of a delivery: it is lost on the way, and tried again later.
TRY: Final = ("webhook_lost",)
KINDS: Final = frozenset((*BEFORE, *AFTER, *MAIL, *TRY))


@dataclass(slots=True)
class Fault:
    """One rule.

    Kinds that strike a call: `latency` (wait `seconds`), `rate_limit` (429, with `Retry-After: seconds` unless 0),
    `lock_timeout` (429), `lost_before` and `lost_after` (connection closed before and after the work), `error_before`
    (`status`, nothing done, nothing saved), `error_begun` (nothing done, yet the error is saved under the key),
    `error_after` (done, and the error is saved under the key).

    Kinds that strike a webhook: `webhook_drop` (never sent), `webhook_lost` (one try lost, then sent again),
    `webhook_delay` (by `seconds`), `webhook_reorder` (by a random part of `seconds`), `webhook_repeat` (`times` more).
    """

    kind: str
    #: Operation such as `checkout.sessions.create`, or event type, with `*` as a wildcard.
    operation: str = "*"
    probability: float = 1.0
    #: How many times it strikes; None: always.
    count: int | None = None
    status: int = 500
    seconds: float = 0.0
    times: int = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; one of {', '.join(sorted(KINDS))}")


class FaultPlan:
    """The rules in force, and the dice."""

    def __init__(self, rng: random.Random, rules: Iterable[Fault] = ()) -> None:
        self.rng = rng
        self.rules = list(rules)
        #: What has struck, in order: (kind, operation).
        self.struck: list[tuple[str, str]] = []

    def add(self, fault: Fault) -> None:
        """Put one more rule in force."""
        self.rules.append(fault)

    def clear(self) -> None:
        """Behave."""
        self.rules.clear()

    def strike(self, kind: str, operation: str) -> Fault | None:
        """The rule of this kind that strikes now, if one does; it is counted."""
        if not self.rules:
            return None
        for rule in self.rules:
            if rule.kind != kind or rule.count == 0 or not fnmatchcase(operation, rule.operation):
                continue
            if rule.probability < 1 and self.rng.random() >= rule.probability:
                continue
            if rule.count is not None:
                rule.count -= 1
            self.struck.append((kind, operation))
            return rule
        return None
