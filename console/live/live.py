"""Everything live of one process: who watches, and the statuses they read."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from console.limits import Limits
from console.live.hub import Hub
from console.live.snapshot import Snapshot
from console.live.statuses import Statuses
from console.live.stream import EventStream
from gateways.allowances import AwaitedAllowances
from runtime.app import App


class Live:
    """What belongs to one event loop."""

    def __init__(self, hub: Hub, statuses: Statuses, limits: Limits, allowances: AwaitedAllowances) -> None:
        self.hub = hub
        self.statuses = statuses
        self.allowances = allowances
        self._limits = limits

    def stream(
        self, session_id: UUID, caller: str, show: Callable[[Snapshot], bytes], last_event_id: str | None
    ) -> EventStream:
        """A stream of one payment's status for one listener, who has seen the events up to the one with that id."""
        seen = int(last_event_id) if last_event_id and last_event_id.isascii() and last_event_id.isdigit() else -1
        return EventStream(
            hub=self.hub,
            statuses=self.statuses,
            session_id=session_id,
            caller=caller,
            show=show,
            last_seen=seen,
            limits=self._limits,
        )


class LiveByLoop:
    """Opens it for each event loop that serves the application: a process has one."""

    def __init__(self, app: App, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._live: dict[asyncio.AbstractEventLoop, Live] = {}

    def here(self) -> Live:
        """That of the running event loop."""
        return self._live[asyncio.get_running_loop()]

    def stop(self) -> None:
        """Let those go who listen: the server stops."""
        if live := self._live.get(asyncio.get_running_loop()):
            live.hub.stop()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Have it for as long as the application runs."""
        loop, feed = asyncio.get_running_loop(), self._app.open_live_status()
        hub = Hub(self._app.view_payments.versions, self._limits)
        self._live[loop] = Live(hub, Statuses(self._app, feed), self._limits, AwaitedAllowances(feed.together.run))
        running = asyncio.create_task(hub.run(feed))
        try:
            yield
        finally:
            hub.stop()
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            await feed.close()
            del self._live[loop]
