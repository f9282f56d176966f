"""Which process needs which variables."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a process is started as."""

    INGEST = "ingest"
    API = "api"
    WORKER = "worker"
    SCHEDULER = "scheduler"
    MIGRATE = "migrate"
    #: A command beside a running stack. It needs the database; what else it needs, it says itself (`load(needs=…)`).
    CLI = "cli"
    #: `gavelpay run`: whatever is not given, it starts or makes itself.
    RUN = "run"


Alternatives = tuple[str, ...]

_DATABASE: Final[Alternatives] = ("DATABASE_URL",)
# The limiter's bucket and the live pages need Redis whichever broker carries the messages.
_REDIS: Final[Alternatives] = ("REDIS_URL",)
_BROKER: Final[Alternatives] = ("BROKER_URL", "REDIS_URL")
_FIELDS: Final[tuple[Alternatives, ...]] = (("FIELD_ENCRYPTION_KEYS",), ("FIELD_INDEX_KEY",))

#: For each role what must be set; of several alternatives one is enough.
REQUIRED: Final[Mapping[Role, tuple[Alternatives, ...]]] = {
    Role.INGEST: (_DATABASE, _BROKER, ("STRIPE_WEBHOOK_SECRET",), *_FIELDS),
    Role.API: (
        _DATABASE,
        _REDIS,
        ("STRIPE_SECRET_KEY",),
        # The buyer's page of the instant policy hands it to Stripe Elements.
        ("STRIPE_PUBLISHABLE_KEY",),
        ("AUTH_JWT_SECRET", "AUTH_JWKS_URL"),
        *_FIELDS,
    ),
    Role.WORKER: (_DATABASE, _REDIS, ("STRIPE_SECRET_KEY",), *_FIELDS),
    # It only enqueues: neither Stripe nor a buyer's data pass through it.
    Role.SCHEDULER: (_DATABASE, _BROKER),
    Role.MIGRATE: (_DATABASE,),
    Role.CLI: (_DATABASE,),
    Role.RUN: (),
}
