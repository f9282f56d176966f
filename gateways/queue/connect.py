"""Opens brokers and rings by their address."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from gateways.queue.put_back import RedisPutBack
from gateways.queue.redis_broker import RedisWorkBroker
from gateways.queue.rings import RedisRing

#: Seconds that a worker waits for an answer of Redis before it takes the connection for lost.
BROKER_SECONDS: Final = 3.0
#: Seconds that somebody who rings waits. He has committed; a bell is worth no more.
RING_SECONDS: Final = 0.5


def open_broker(url: str, *, ca_file: Path | None = None) -> RedisWorkBroker:
    """The broker of a worker process. It connects when it is used first, and again whenever it must.

    Args:
        url: `redis://`, `rediss://`, `amqp://` or `amqps://`.
        ca_file: the authority that signed the server's certificate, where the system does not know it.

    Raises:
        ValueError: the address is of no broker that we know.
    """
    _scheme(url)
    return RedisWorkBroker(_redis(url, ca_file, BROKER_SECONDS))


def open_ring(url: str, *, ca_file: Path | None = None) -> RedisRing:
    """What rings the bells of the broker at this address."""
    _scheme(url)
    return RedisRing(_redis(url, ca_file, RING_SECONDS))


def open_put_back(url: str, *, ca_file: Path | None = None) -> RedisPutBack:
    """What puts dead letters back on the queues of the broker at this address."""
    _scheme(url)
    return RedisPutBack(_redis(url, ca_file, BROKER_SECONDS))


def _scheme(url: str) -> str:
    scheme = urlsplit(url).scheme
    if scheme in ("redis", "rediss", "amqp", "amqps"):
        return scheme.removesuffix("s") if scheme != "redis" else scheme
    raise ValueError(f"a broker's address begins with redis://, rediss://, amqp:// or amqps://, not {scheme}://")


def _redis(url: str, ca_file: Path | None, seconds: float) -> "Redis":
    options: dict[str, Any] = {"ssl_ca_certs": str(ca_file)} if ca_file and url.startswith("rediss:") else {}
    return Redis.from_url(
        url,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        socket_keepalive=True,
        # Not repeated within the client: a fetch that is asked for twice takes twice.
        retry=Retry(NoBackoff(), 0),
        **options,
    )
