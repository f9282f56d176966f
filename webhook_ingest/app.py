"""The ASGI application of the `ingest` process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from domain.clock import Clock
from domain.messaging import StoredEvent
from webhook_ingest.asgi import CLOSE, Answer, Receive, Scope, Send, problem
from webhook_ingest.committer import Committer
from webhook_ingest.forgeries import nobody_hears
from webhook_ingest.limits import Limits
from webhook_ingest.metrics import IngestMetrics
from webhook_ingest.readiness import Readiness, in_thread
from webhook_ingest.secrets import RolledSecrets
from webhook_ingest.webhook import WEBHOOK_PATH, Webhook

_METRICS_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"

# Probes ask rarely, and need not be read to the end: none of their connections is kept.
_ALIVE: Final = Answer(200, b'{"status": "alive"}', CLOSE, early=True)
_READY: Final = Answer(200, b'{"status": "ready"}', CLOSE, early=True)
_NOT_READY: Final = problem(503, "not_ready", "The database is away, or its schema is not current.", CLOSE, early=True)
_NO_METRICS: Final = problem(503, "no_metrics", "The metrics could not be read.", CLOSE, early=True)
_NOT_FOUND: Final = problem(404, "not_found", "There is nothing here.", CLOSE, early=True)
_ONLY_POST: Final = problem(405, "method_not_allowed", "Webhooks are posted.", (b"allow", b"POST"), CLOSE, early=True)
_ONLY_GET: Final = problem(
    405, "method_not_allowed", "This can only be read.", (b"allow", b"GET, HEAD"), CLOSE, early=True
)


@dataclass(frozen=True, slots=True)
class IngestApp:
    """Takes webhooks, and answers probes. Its committer runs from the server's startup to its shutdown."""

    webhook: Webhook
    committer: Committer
    ready: Readiness
    render_metrics: Callable[[], bytes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live through the server's life."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["path"] == WEBHOOK_PATH and scope["method"] == "POST":
            await self.webhook(scope, receive, send)
        else:
            answer = await self._look(scope["path"], scope["method"])
            await answer.send(receive, send)

    async def _look(self, path: str, method: str) -> Answer:
        if path == WEBHOOK_PATH:
            return _ONLY_POST
        if path not in ("/healthz", "/readyz", "/metrics"):
            return _NOT_FOUND
        if method not in ("GET", "HEAD"):
            return _ONLY_GET
        if path == "/healthz":
            return _ALIVE
        return await self._metrics() if path == "/metrics" else await self._readiness()

    async def _readiness(self) -> Answer:
        return _READY if self.committer.alive and await self.ready() else _NOT_READY

    async def _metrics(self) -> Answer:
        try:
            return Answer(200, await in_thread(self.render_metrics), CLOSE, content_type=_METRICS_TYPE, early=True)
        except Exception:  # noqa: BLE001 - whatever reads the metrics, webhooks go on
            return _NO_METRICS

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.committer.start()
                self.webhook.signatures.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.webhook.signatures.stop()
                self.webhook.stop()
                await self.committer.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


def create_app(
    *,
    receive: Callable[[Sequence[StoredEvent]], object],
    read: Callable[[bytes], StoredEvent],
    secrets: Sequence[str],
    clock: Clock,
    metrics: IngestMetrics,
    ready: Callable[[], bool],
    render_metrics: Callable[[], bytes],
    limits: Limits | None = None,
    forged: Callable[[str], None] = nobody_hears,
    read_secrets: Callable[[], Sequence[str]] | None = None,
) -> IngestApp:
    """Build the application.

    Args:
        receive: stores a batch of events durably: `ReceiveEvents`.
        read: makes an event of a verified body: `ReadEvent`.
        secrets: the active signing secrets; while one is being rolled, both.
        clock: the time that signatures are held against.
        metrics: what is counted.
        ready: whether the database is reachable and its schema current. It may wait, and may raise.
        render_metrics: Prometheus' text format 0.0.4. It may wait.
        limits: the bounds of everything, if not the usual ones.
        forged: hears of each bad signature, with what was wrong: `ForgeryAlarm`. It must not wait.
        read_secrets: gives the secrets of now, where they can change while the process runs. It may wait, and raise.

    Raises:
        ValueError: there is no secret, or an empty one.
    """
    limits = limits or Limits()
    committer = Committer(receive, limits)
    webhook = Webhook(
        RolledSecrets(secrets, clock, read_secrets, every=limits.secrets_seconds),
        read,
        committer,
        metrics,
        limits,
        forged,
    )
    return IngestApp(webhook, committer, Readiness(ready), render_metrics)
