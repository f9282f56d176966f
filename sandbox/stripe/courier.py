"""Sends webhooks over HTTP, as soon as they are due on the sandbox's clock."""

import asyncio
import logging
import ssl
from contextlib import suppress
from functools import cache
from typing import Final

import httpx

from sandbox.stripe.host import Host
from sandbox.stripe.webhooks import Delivery

LOG: Final = logging.getLogger(__name__)
#: Somebody may move the clock without telling us: look at it at least this often, in seconds.
LONGEST_NAP: Final = 0.25
#: An endpoint that has not answered by then has failed.
PATIENCE: Final = 10.0
AT_ONCE: Final = 32


@cache
def _trusted() -> ssl.SSLContext:
    """Whom HTTPS endpoints may be signed by. Reading it takes longer than all else of a sandbox's start, so once."""
    return httpx.create_ssl_context(trust_env=False)


class Courier:
    """Runs inside the server's event loop until it is cancelled."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._rung = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()

    def listen(self) -> None:
        """Have changes of the core ring, from whatever thread. Call it in the event loop."""
        loop = asyncio.get_running_loop()

        def ring() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._rung.set)

        self.host.changed = ring

    async def run(self) -> None:
        """Deliver until cancelled."""
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        # Proxies of the environment are not for loopback.
        async with httpx.AsyncClient(verify=_trusted(), timeout=PATIENCE, limits=limits, trust_env=False) as client:
            try:
                while True:
                    try:
                        await self._round(client)
                    except Exception:
                        # A mistake of the sandbox's own must be seen, and must not silence the webhooks that follow.
                        LOG.exception("a round of webhooks failed")
                        await asyncio.sleep(LONGEST_NAP)
            finally:
                for task in self._under_way:
                    task.cancel()
                await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _round(self, client: httpx.AsyncClient) -> None:
        self._rung.clear()
        with self.host.quietly() as core:
            due = core.take_deliveries(max(0, AT_ONCE - len(self._under_way)))
            next_due, now = core.next_due(), core.now()
        for delivery in due:
            task = asyncio.create_task(self._send(client, delivery))
            self._under_way.add(task)
            task.add_done_callback(self._done)
        nap = LONGEST_NAP
        if next_due is not None and len(self._under_way) < AT_ONCE:
            nap = min(nap, max(0.0, (next_due - now).total_seconds()))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), nap)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._rung.set()

    async def _send(self, client: httpx.AsyncClient, delivery: Delivery) -> None:
        status = None
        # A sandbox that stops here does not know whether it arrived, and will send it again.
        with suppress(httpx.HTTPError):
            answer = await client.post(delivery.url, content=delivery.body, headers=delivery.headers)
            status = answer.status_code
        with self.host.quietly() as core:
            core.report_delivery(delivery.id, status)
