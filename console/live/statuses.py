"""Statuses for readers: from Redis for a moment, else from PostgreSQL, once for all who ask, several at a time."""

import asyncio
from collections.abc import Mapping, Sequence
from random import Random
from typing import Final, Protocol
from uuid import UUID

from starlette.concurrency import run_in_threadpool

from console.api import views
from console.live.gathered import Gathered
from console.live.snapshot import Snapshot
from domain.errors import NotFound, TransientError
from gateways.changes import KEPT_MS
from runtime.app import App

#: Payments that are read together: some milliseconds of the interpreter, which the event loop must get a share of.
_TOGETHER: Final = 25


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
        self._loaded: Gathered[UUID, Snapshot] = Gathered(self._load, most=_TOGETHER)
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
        snapshot = await self._loaded.get(session_id)
        if snapshot.version < wanted:  # a look that was under way when the change was committed
            snapshot = await self._loaded.get(session_id)
        return snapshot

    async def _load(self, session_ids: Sequence[UUID]) -> Mapping[UUID, Snapshot | Exception]:
        found = await run_in_threadpool(self._take_each, session_ids)
        if self._kept is not None:
            await asyncio.gather(*(self._keep(self._kept, one) for one in found.values() if isinstance(one, Snapshot)))
        return found

    async def _keep(self, kept: Kept, snapshot: Snapshot) -> None:
        # Not all alike: what was read together would be read again together, for ever.
        longest = KEPT_MS - self._dice.randrange(KEPT_MS // 4)
        good_for = snapshot.good_for(self._app.now(), longest)
        await kept.keep(snapshot.session_id, snapshot.version, snapshot.kept(), good_for)

    def _take_each(self, session_ids: Sequence[UUID]) -> dict[UUID, Snapshot | Exception]:
        try:
            taken = self._take(session_ids)
        except TransientError:
            raise
        except Exception as error:  # noqa: BLE001 - one that cannot be read must not keep the others from being read
            if len(session_ids) == 1:
                return {session_ids[0]: error}
            return {one: value for each in session_ids for one, value in self._take_each([each]).items()}
        return {one: taken.get(one) or NotFound("there is no such payment") for one in session_ids}

    def _take(self, session_ids: Sequence[UUID]) -> dict[UUID, Snapshot]:
        app = self._app
        payments = app.view_payments.several(session_ids)
        # Nothing unpaid has a receipt: most of those who ask are spared the question.
        paid = [one.session.id for one in payments if one.kept_transaction]
        receipts = app.receipts.view.receipts_of(paid) if paid else {}
        now, policies = app.now(), app.require_payments.policies
        return {
            one.session.id: Snapshot.of(
                one, policies[one.session.policy], now, views.receipt_link(receipts.get(one.session.id))
            )
            for one in payments
        }
