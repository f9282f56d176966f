"""Stripe's rate limits, as token buckets that hold one second's worth."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Calls per second; None: no limit. Stripe: 100 live, 25 in test mode, 25 on one endpoint."""

    total: float | None = None
    per_endpoint: float | None = None


class Limiter:
    """Counts calls against the limits."""

    def __init__(self, limits: RateLimits) -> None:
        self.limits = limits
        self._buckets: dict[str, tuple[float, float]] = {}

    def refuse(self, operation: str, now: float) -> str | None:
        """The reason for a refusal, or None; a call that is let through is counted, a refused one is not."""
        total, endpoint = self.limits.total, self.limits.per_endpoint
        if total is not None and self._left("", total, now) < 1:
            return "global-rate"
        if endpoint is not None and self._left(operation, endpoint, now) < 1:
            return "endpoint-rate"
        for name, rate in (("", total), (operation, endpoint)):
            if rate is not None:
                left, at = self._buckets[name]
                self._buckets[name] = (left - 1, at)
        return None

    def _left(self, name: str, rate: float, now: float) -> float:
        room = max(rate, 1.0)
        left, at = self._buckets.get(name, (room, now))
        left = min(room, left + max(0.0, now - at) * rate)
        self._buckets[name] = (left, now)
        return left
