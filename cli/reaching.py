"""Asks the services around the system whether they are there."""

from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pika
from pika.exceptions import AMQPError
from redis import Redis, RedisError

_SECONDS: Final = 5.0


def ask_broker(url: str, ca_file: Path | None) -> str | None:
    """Ask Redis or RabbitMQ; gives what is wrong with it, or None.

    Raises:
        OSError: it does not answer.
    """
    return _ask_rabbit(url) if url.startswith("amqp") else _ask_redis(url, ca_file)


def _ask_redis(url: str, ca_file: Path | None) -> str | None:
    options: dict[str, Any] = {"ssl_ca_certs": str(ca_file)} if ca_file and url.startswith("rediss:") else {}
    try:
        with Redis.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS, **options) as client:
            memory: Any = client.info("memory")
    except RedisError as error:
        raise OSError(str(error)) from error
    if memory.get("maxmemory") and memory.get("maxmemory_policy") != "noeviction":
        return f"it drops keys when it is full (maxmemory-policy {memory['maxmemory_policy']}), queues among them"
    return None


def _ask_rabbit(url: str) -> str | None:
    parameters = pika.URLParameters(url)
    parameters.socket_timeout = parameters.blocked_connection_timeout = _SECONDS
    parameters.stack_timeout = 2 * _SECONDS
    parameters.connection_attempts = 1
    try:
        pika.BlockingConnection(parameters).close()
    except AMQPError as error:
        raise OSError(str(error) or type(error).__name__) from error
    return None


def stripe_time(api_base: str) -> datetime | None:
    """What Stripe's clock shows, to the second; None if it does not tell."""
    try:
        answer = httpx.get(api_base, timeout=_SECONDS, trust_env=False)
        return parsedate_to_datetime(answer.headers["date"])
    except (httpx.HTTPError, KeyError, ValueError):
        return None
