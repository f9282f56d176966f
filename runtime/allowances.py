"""How often callers may ask, wired."""

from gateways import window_mirror
from gateways.allowances import SharedAllowances
from runtime.settings import Settings, given


def build_allowances(settings: Settings) -> SharedAllowances:
    """Token buckets in Redis."""
    url = given(settings.redis.url, "REDIS_URL").reveal()
    return SharedAllowances(window_mirror.connect(url, ca_file=settings.redis.ca_file))
