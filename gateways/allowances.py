"""How often each caller may ask: token buckets that all processes share in Redis; alone, a process keeps its own."""

import hashlib
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, cast

import structlog
from redis import Redis, RedisError

_log = structlog.get_logger(__name__)

#: Seconds after which Redis is tried again.
_AWAY: Final = 2.0
#: Callers that a process remembers by itself. The one that has been silent longest is forgotten: its bucket is full.
_REMEMBERED: Final = 10_000
#: KEYS: the bucket. ARGV: tokens a second, the most that fit. Gives the milliseconds until there is a token: 0 is one.
_TAKE: Final = """
local rate, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local known = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(known[1] or most), tonumber(known[2] or now)
tokens = math.min(most, tokens + math.max(0, now - at) * rate)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = math.ceil((1 - tokens) / rate * 1000) end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.6f', now))
redis.call('EXPIRE', KEYS[1], math.ceil(most / rate) + 1)
return wait
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How often somebody may ask."""

    #: Requests a second, in the long run.
    rate: float
    #: Requests at once, by whoever was silent before.
    most: int


class LocalAllowances:
    """Token buckets of this process. They may be used from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str, allowance: Allowance) -> float:
        """Take one token; gives 0.0, or the seconds until there is one."""
        now = self._clock()
        with self._lock:
            tokens, at = self._buckets.pop(caller, (float(allowance.most), now))
            tokens = min(allowance.most, tokens + (now - at) * allowance.rate)
            granted = tokens >= 1
            self._buckets[caller] = (tokens - 1 if granted else tokens, now)
            while len(self._buckets) > _REMEMBERED:
                self._buckets.popitem(last=False)
        return 0.0 if granted else (1 - tokens) / allowance.rate


class SharedAllowances:
    """Token buckets of all processes; while Redis is away, each process keeps its own. Nobody waits long for that.

    Args:
        redis: with timeouts that bound how long a request waits to learn that Redis is away.
        clock: seconds of this process.
    """

    def __init__(self, redis: "Redis", clock: Callable[[], float] = time.monotonic) -> None:
        self._redis = redis
        self._take = redis.register_script(_TAKE)
        self._own = LocalAllowances(clock)
        self._clock = clock
        self._away_until = -math.inf

    def take(self, caller: str, allowance: Allowance) -> float:
        """Take one token; gives 0.0, or the seconds until there is one."""
        if self._clock() >= self._away_until:
            try:
                wait = cast("int", self._take([_bucket(caller)], [allowance.rate, allowance.most]))
            except RedisError as error:
                self._away_until = self._clock() + _AWAY
                _log.warning("allowances.alone", error=type(error).__name__)
            else:
                return wait / 1000
        return self._own.take(caller, allowance)

    def close(self) -> None:
        """Close all connections."""
        self._redis.close()


class AwaitedAllowances:
    """The same buckets, for an event loop.

    Args:
        run: has Redis run a script; see `Together.run`.
        clock: seconds of this process.
    """

    def __init__(self, run: Callable[..., Awaitable[Any]], clock: Callable[[], float] = time.monotonic) -> None:
        self._run = run
        self._own = LocalAllowances(clock)
        self._clock = clock
        self._away_until = -math.inf

    async def take(self, caller: str, allowance: Allowance) -> float:
        """Take one token; gives 0.0, or the seconds until there is one."""
        if self._clock() >= self._away_until:
            try:
                wait = await self._run(_TAKE, 1, _bucket(caller), allowance.rate, allowance.most)
                return int(wait) / 1000
            except (RedisError, OSError) as error:
                self._away_until = self._clock() + _AWAY
                _log.warning("allowances.alone", error=type(error).__name__)
        return self._own.take(caller, allowance)


def _bucket(caller: str) -> str:
    # Subjects may be addresses of people; Redis need not know them.
    return f"gavelpay:allowance:{hashlib.sha256(caller.encode()).hexdigest()[:32]}"
