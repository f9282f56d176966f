"""The signing secrets of now: a secret that is rolled in its file is taken up without a restart."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog

from domain.clock import Clock
from gateways.stripe.signatures import SignatureProblem, Signatures
from webhook_ingest.readiness import in_thread

_log = structlog.get_logger(__name__)

Secrets = Sequence[str]


class RolledSecrets:
    """Verifies webhooks, and reads its secrets anew every few seconds. What cannot be read leaves them as they are.

    Args:
        secrets: those to begin with.
        clock: the time that signatures are held against.
        read: gives the secrets of now. It may wait, and may raise. None if they never change.
        every: seconds between two readings.

    Raises:
        ValueError: there is no secret, or an empty one.
    """

    def __init__(self, secrets: Secrets, clock: Clock, read: Callable[[], Secrets] | None, *, every: float) -> None:
        self._signatures = Signatures(tuple(secrets), clock)
        self._read = read
        self._every = every
        self._task: asyncio.Task[None] | None = None

    def problem_with(self, body: bytes, header: str | None) -> SignatureProblem | None:
        """What is wrong with this `Stripe-Signature` over these raw bytes; None if nothing is."""
        return self._signatures.problem_with(body, header)

    def start(self) -> None:
        """Begin to follow changes. Needs a running event loop."""
        if self._read is not None:
            self._task = asyncio.get_running_loop().create_task(self._follow(self._read))

    async def stop(self) -> None:
        """End that."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _follow(self, read: Callable[[], Secrets]) -> None:
        while True:
            await asyncio.sleep(self._every)
            try:
                secrets = tuple(await in_thread(read))
                if secrets != self._signatures.secrets:
                    self._signatures = Signatures(secrets, self._signatures.now)
                    _log.info("webhook.secrets_rolled", active=len(secrets))
            except Exception as error:  # noqa: BLE001 - half a file, or none: the next reading tells more
                _log.warning("webhook.secrets_unreadable", error=type(error).__name__)
