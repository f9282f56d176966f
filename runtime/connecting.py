"""What the composition root makes of the settings of Redis and of the keys of fields."""

from typing import Final

from domain.clock import Clock
from gateways import window_mirror
from gateways.changes import RedisChanges
from gateways.live_status import LiveStatus
from gateways.stripe.adapter import Stripe
from gateways.stripe.guard import Guard
from gateways.window_mirror import RedisWindowMirror
from models.sealing import FieldCipher
from runtime.settings import Settings, given

#: Seconds that Stripe gets to answer. An outcome that stays unknown is asked for again under the same key.
STRIPE_TIMEOUT: Final = 20.0


def build_window_mirror(settings: Settings, now: Clock) -> RedisWindowMirror:
    """Payment windows in Redis."""
    url = given(settings.redis.url, "REDIS_URL").reveal()
    return RedisWindowMirror(window_mirror.connect(url, ca_file=settings.redis.ca_file), now)


def build_changes(settings: Settings) -> RedisChanges:
    """What tells whoever watches payments that one has changed."""
    url = given(settings.redis.url, "REDIS_URL").reveal()
    return RedisChanges(window_mirror.connect(url, ca_file=settings.redis.ca_file))


def build_live_status(settings: Settings) -> LiveStatus:
    """What hears of it in a process with an event loop."""
    return LiveStatus(given(settings.redis.url, "REDIS_URL").reveal(), ca_file=settings.redis.ca_file)


def build_cipher(settings: Settings) -> FieldCipher:
    """What encrypts fields at rest."""
    keys = given(settings.crypto.encryption_keys, "FIELD_ENCRYPTION_KEYS")
    index_key = given(settings.crypto.index_key, "FIELD_INDEX_KEY")
    return FieldCipher([key.reveal() for key in keys], index_key.reveal())


def build_stripe(settings: Settings, *, guard: Guard, now: Clock, threads: int = 1) -> Stripe:
    """Stripe, or what stands in for it."""
    return Stripe(
        given(settings.stripe.secret_key, "STRIPE_SECRET_KEY").reveal(),
        api_base=settings.stripe.api_base,
        guard=guard,
        now=now,
        timeout=STRIPE_TIMEOUT,
        connections=threads,
    )
