"""Wires outgoing events: who is told of what, and how."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Final
from urllib.parse import urlsplit

from domain.clock import Clock
from domain.endpoint import AUCTION, BUDGET, ENDPOINTS, ORDER, QUEUE
from domain.ids import NewId
from domain.origins import origin_of
from gateways.downstream import Address, Routes, Way
from gateways.events.webhooks import Webhooks
from gateways.queue.connect import open_events
from models.outbox import Endpoints
from runtime.settings import Settings, given

#: The families of events, by the first part of their types, and the endpoint that each goes to beside the queue.
_FAMILIES: Final = (AUCTION, ORDER)


def build_routes(settings: Settings, now: Clock) -> Routes:
    """How each endpoint that is configured is told. Nothing is connected before it is needed."""
    traced = settings.traces.endpoint is not None
    ways: dict[str, Way] = {one.name: Webhooks(one, now, traced=traced) for one in _addresses(settings)}
    if settings.events.queue is not None:
        url = given(settings.redis.broker_url, "BROKER_URL").reveal()
        ways[QUEUE] = open_events(url, settings.events.queue, now, ca_file=settings.redis.ca_file)
    return Routes(ways)


def build_endpoints(settings: Settings, new_id: NewId) -> Endpoints:
    """Who is told of outgoing events: a family's own endpoint, and the queue of everything."""
    listening = {one.name for one in _addresses(settings)}
    queue = (QUEUE,) if settings.events.queue is not None else ()
    told = {family: ((family,) if family in listening else ()) + queue for family in _FAMILIES}
    return Endpoints(told, new_id, _sharing(settings))


def _sharing(settings: Settings) -> dict[str, tuple[str, ...]]:
    """The endpoints that listen at one address, for each of them."""
    at: dict[tuple[str, ...], list[str]] = {}
    for one in _addresses(settings):
        parts = urlsplit(one.url)
        at.setdefault((origin_of(one.url), parts.path or "/", parts.query), []).append(one.name)
    return {name: tuple(names) for names in at.values() if len(names) > 1 for name in names}


def _addresses(settings: Settings) -> Iterator[Address]:
    events = settings.events
    listeners = {AUCTION: (events.auction_url, events.auction_secret), ORDER: (events.order_url, events.order_secret)}
    for name, (url, secret) in listeners.items():
        if url and secret:
            yield Address(name, url, secret.reveal())


class SenderThreads:
    """Threads for exchanges: a pool for each endpoint, started when it is needed first."""

    def __init__(self, names: Sequence[str] = ENDPOINTS) -> None:
        self._names = names
        self._lock = threading.Lock()
        self._pools: dict[str, ThreadPoolExecutor] = {}

    def __call__(self, endpoint: str) -> Executor:
        """The pool of an endpoint."""
        with self._lock:
            pool = self._pools.get(endpoint)
            if pool is None:
                pool = self._pools[endpoint] = ThreadPoolExecutor(BUDGET, thread_name_prefix=f"tell-{endpoint}")
            return pool

    def close(self) -> None:
        """End the threads. Those at an exchange end with it."""
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
