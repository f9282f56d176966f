"""Statuses for readers: from Redis for a moment, else from PostgreSQL, and then once for all who ask at that time."""

import asyncio
from random import Random
from typing import Protocol
from uuid import UUID

from starlette.concurrency import run_in_threadpool

from console.api import views
from console.live.snapshot import Snapshot
from gateways.changes import KEPT_MS
from runtime.app import App


class Kept(Protocol):
    """Where statuses are kept for a moment."""

    async def read(self, session_id: UUID) -> tuple[int, bytes] | None:
        """The newest version known, and its status if it is kept."""

    async def keep(self, session_id: UUID, version: int, status: bytes, milliseconds: int) -> None:
        """Keep one."""


class Statuses:
    """Reads statuses. Belongs to one event loop.

    Args:
        app: reads payments.
        kept: None: nowhere.
    """

    def __init__(self, app: App, kept: Kept | None = None) -> None:
        self._app = app
        self._kept = kept
        self._loading: dict[UUID, asyncio.Task[Snapshot]] = {}
        self._dice = Random()  # noqa: S311 - moments, no secrets

    async def read(self, session_id: UUID, at_least: int = 0) -> Snapshot:
        """A payment's status, no older than two seconds, and no older than version `at_least` if that is committed.

        Raises:
            NotFound: there is no such payment.
            TransientError: the database is away.
        """
        known = await self._kept.read(session_id) if self._kept else None
        if known is not None and known[0] >= at_least and known[1]:
            snapshot = Snapshot.read(session_id, known[1])
            if snapshot is not None:
                return snapshot
        wanted = max(at_least, known[0] if known else 0)
        snapshot = await self._load_together(session_id)
        if snapshot.version < wanted:  # a look that was under way when the change was committed
            snapshot = await self._load_together(session_id)
        return snapshot

    async def _load_together(self, session_id: UUID) -> Snapshot:
        loading = self._loading.get(session_id)
        if loading is None:
            loading = self._loading[session_id] = asyncio.create_task(self._load(session_id))
            loading.add_done_callback(lambda _: self._loading.pop(session_id, None))
        # Whoever leaves must not take it from the others.
        return await asyncio.shield(loading)

    async def _load(self, session_id: UUID) -> Snapshot:
        snapshot = await run_in_threadpool(self._take, session_id)
        if self._kept is not None:
            # Not all alike: what was read together would be read again together, for ever.
            longest = KEPT_MS - self._dice.randrange(KEPT_MS // 4)
            good_for = snapshot.good_for(self._app.now(), longest)
            await self._kept.keep(session_id, snapshot.version, snapshot.kept(), good_for)
        return snapshot

    def _take(self, session_id: UUID) -> Snapshot:
        app = self._app
        payment = app.view_payments.one(session_id)
        # Nothing unpaid has a receipt: most of those who ask are spared the question.
        receipt = views.receipt_link(app.receipts.view.receipt_of(session_id)) if payment.kept_transaction else None
        return Snapshot.of(payment, app.require_payments.policies[payment.session.policy], app.now(), receipt)
