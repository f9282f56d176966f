"""The kinds of faults, in what order one of each comes, and what is promised of them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """One kind of fault. The texts are what people type and read."""

    #: All worker processes at once.
    WORKER = "kill-worker"
    ONE_WORKER = "kill-one-worker"
    FROZEN = "freeze-one-worker"
    INGEST = "kill-ingest"
    API = "kill-api"
    SCHEDULER = "kill-scheduler"
    RANDOM = "kill-random"
    REDIS_EMPTIED = "redis-emptied"
    REDIS_RESTARTED = "redis-restarted"
    POSTGRES_RESTARTED = "postgres-restarted"
    POSTGRES_TERMINATED = "postgres-connections"
    POSTGRES_SLOW = "postgres-slow"
    POSTGRES_CUT = "postgres-cut"
    POSTGRES_SILENT = "postgres-silent"
    REDIS_SLOW = "redis-slow"
    REDIS_CUT = "redis-cut"
    REDIS_SILENT = "redis-silent"
    RECEIPTS = "receipts-disk-full"
    CLOCK_AHEAD = "clock-ahead"
    CLOCK_BEHIND = "clock-behind"
    ROTATED = "secrets-rotated"
    FORGED = "flood-of-forgeries"
    STRIPE_LIMITED = "stripe-429"
    STRIPE_LOCKED = "stripe-lock-timeout"
    STRIPE_ERRORS = "stripe-5xx"
    STRIPE_TIMEOUTS = "stripe-timeouts"
    STRIPE_LOST = "stripe-lost-replies"
    HOOKS_DROPPED = "webhooks-dropped"
    HOOKS_LOST = "webhooks-lost"
    HOOKS_REPEATED = "webhooks-repeated"
    HOOKS_REORDERED = "webhooks-reordered"


#: What dies of a kill, by its kind; `RANDOM` draws from all of these.
VICTIMS: Final = {Kind.WORKER: "worker", Kind.INGEST: "ingest", Kind.API: "api", Kind.SCHEDULER: "scheduler"}
#: Promised seconds until what dead workers held is in other hands, whatever else has died with them.
TAKEOVER: Final = 10.0
#: Promised seconds until work flows again.
PROMISED: Final = {Kind.WORKER: 10.0, Kind.ONE_WORKER: 10.0, Kind.REDIS_EMPTIED: 15.0}
#: What needs a wire of the drill's own, between the system and its servers.
WIRED: Final = frozenset({Kind.POSTGRES_SLOW, Kind.POSTGRES_CUT, Kind.REDIS_SLOW, Kind.REDIS_CUT})
#: What needs a server that the system's supervisor starts again.
SUPERVISED: Final = {
    Kind.POSTGRES_RESTARTED: "postgres",
    Kind.POSTGRES_SILENT: "postgres",
    Kind.REDIS_RESTARTED: "redis",
    Kind.REDIS_SILENT: "redis",
}
#: Whatever was promised or not: what takes longer than this counts as not recovered.
PATIENCE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule for the Stripe sandbox: see `sandbox.stripe.faults`."""

    kind: str
    probability: float
    seconds: float = 0.0
    status: int = 500
    times: int = 1

    def document(self) -> dict[str, object]:
        """As its control API takes it."""
        return {
            "kind": self.kind,
            "probability": self.probability,
            "seconds": self.seconds,
            "status": self.status,
            "times": self.times,
        }


#: How Stripe misbehaves. A reply that comes after half a minute has been given up by its caller.
RULES: Final = {
    Kind.STRIPE_LIMITED: (Rule("rate_limit", 0.5, seconds=1.0),),
    Kind.STRIPE_LOCKED: (Rule("lock_timeout", 0.5),),
    Kind.STRIPE_ERRORS: (
        Rule("error_before", 0.2, status=503),
        Rule("error_begun", 0.15),
        Rule("error_after", 0.15),
    ),
    Kind.STRIPE_TIMEOUTS: (Rule("latency", 0.3, seconds=30.0),),
    Kind.STRIPE_LOST: (Rule("lost_before", 0.25), Rule("lost_after", 0.25)),
    Kind.HOOKS_DROPPED: (Rule("webhook_drop", 0.4),),
    Kind.HOOKS_LOST: (Rule("webhook_lost", 0.5),),
    Kind.HOOKS_REPEATED: (Rule("webhook_repeat", 0.6, times=3),),
    Kind.HOOKS_REORDERED: (Rule("webhook_delay", 0.3, seconds=4.0), Rule("webhook_reorder", 0.6, seconds=3.0)),
}
#: How long one lasts, in seconds; a kind that is not here is done in a moment.
LASTS: Final = {
    # Longer than a lease: others take over what it holds, and then it goes on as if nothing had happened.
    Kind.FROZEN: 8.0,
    Kind.POSTGRES_SLOW: 4.0,
    Kind.POSTGRES_CUT: 3.0,
    Kind.POSTGRES_SILENT: 3.0,
    Kind.REDIS_SLOW: 4.0,
    Kind.REDIS_CUT: 3.0,
    Kind.REDIS_SILENT: 3.0,
    Kind.RECEIPTS: 5.0,
    # After a rotation, which takes as long as restarting everything three times.
    Kind.ROTATED: 1.0,
    Kind.FORGED: 4.0,
    Kind.CLOCK_AHEAD: 6.0,
    Kind.CLOCK_BEHIND: 6.0,
    **dict.fromkeys(RULES, 4.0),
}
