"""Opens brokers and rings by their address."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from redis import ConnectionError as RedisConnectionError
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from domain.clock import Clock
from gateways.queue.broker import WorkBroker
from gateways.queue.depths import RabbitDepths, RedisDepths
from gateways.queue.outgoing import RabbitEvents, RedisEvents
from gateways.queue.put_back import RabbitPutBack, RedisPutBack
from gateways.queue.rabbit_broker import RabbitWorkBroker, parameters
from gateways.queue.redis_broker import RedisWorkBroker
from gateways.queue.rings import RabbitRing, RedisRing

#: Seconds that a worker waits for an answer of Redis before it takes the connection for lost.
BROKER_SECONDS: Final = 3.0
#: Seconds that somebody who rings waits. He has committed; a bell is worth no more.
RING_SECONDS: Final = 0.5


def open_broker(url: str, *, ca_file: Path | None = None) -> WorkBroker:
    """The broker of a worker process. It connects when it is used first, and again whenever it must.

    Args:
        url: `redis://`, `rediss://`, `amqp://` or `amqps://`.
        ca_file: the authority that signed the server's certificate, where the system does not know it.

    Raises:
        ValueError: the address is of no broker that we know.
    """
    if _is_rabbit(url):
        return RabbitWorkBroker(parameters(url, ca_file, BROKER_SECONDS))
    return RedisWorkBroker(_redis(url, ca_file, BROKER_SECONDS, retries=0))


def open_ring(url: str, *, ca_file: Path | None = None) -> RedisRing | RabbitRing:
    """What rings the bells of the broker at this address."""
    if _is_rabbit(url):
        return RabbitRing(parameters(url, ca_file, RING_SECONDS))
    return RedisRing(_redis(url, ca_file, RING_SECONDS, retries=1))


def open_put_back(url: str, *, ca_file: Path | None = None) -> RedisPutBack | RabbitPutBack:
    """What puts dead letters back on the queues of the broker at this address."""
    if _is_rabbit(url):
        return RabbitPutBack(parameters(url, ca_file, BROKER_SECONDS))
    return RedisPutBack(_redis(url, ca_file, BROKER_SECONDS, retries=0))


def open_depths(url: str, *, ca_file: Path | None = None) -> RedisDepths | RabbitDepths:
    """What tells how the queues of the broker at this address stand. It connects when it is used first."""
    if _is_rabbit(url):
        return RabbitDepths(parameters(url, ca_file, RING_SECONDS))
    return RedisDepths(_redis(url, ca_file, RING_SECONDS, retries=1))


def open_events(url: str, queue: str, now: Clock, *, ca_file: Path | None = None) -> RedisEvents | RabbitEvents:
    """What puts outgoing events on a queue of the broker at this address. It connects when it is used first."""
    if _is_rabbit(url):
        return RabbitEvents(parameters(url, ca_file, BROKER_SECONDS), queue, now)
    return RedisEvents(_redis(url, ca_file, BROKER_SECONDS, retries=1), queue, now)


def _is_rabbit(url: str) -> bool:
    scheme = urlsplit(url).scheme
    if scheme in ("amqp", "amqps"):
        return True
    if scheme in ("redis", "rediss"):
        return False
    raise ValueError(f"a broker's address begins with redis://, rediss://, amqp:// or amqps://, not {scheme}://")


def _redis(url: str, ca_file: Path | None, seconds: float, *, retries: int) -> "Redis":
    """A client; `retries` counts those after a connection that the server has closed since it was used last.

    None for a worker: a fetch that is asked for twice takes twice.
    """
    options: dict[str, Any] = {"ssl_ca_certs": str(ca_file)} if ca_file and url.startswith("rediss:") else {}
    return Redis.from_url(
        url,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        socket_keepalive=True,
        retry=Retry(NoBackoff(), retries, supported_errors=(RedisConnectionError,)),
        **options,
    )
