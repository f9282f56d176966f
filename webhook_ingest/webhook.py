"""One webhook: read it, verify it, store it, tell Stripe."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import structlog

from domain.messaging import StoredEvent
from services.receive_events import NotAnEvent
from webhook_ingest.asgi import Answer, BodyTooLarge, ClientGone, Header, Receive, Scope, Send, read_body
from webhook_ingest.committer import Committer, Overloaded
from webhook_ingest.deadlines import Deadlines
from webhook_ingest.forgeries import nobody_hears
from webhook_ingest.limits import Limits
from webhook_ingest.metrics import UNKNOWN_TYPE, IngestMetrics
from webhook_ingest.outcomes import ANSWERS, REFUSALS, Outcome
from webhook_ingest.secrets import RolledSecrets

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Webhook:
    """Answers `POST /payments/webhooks/stripe`. Only what is committed is answered 200."""

    signatures: RolledSecrets
    read: Callable[[bytes], StoredEvent]
    committer: Committer
    metrics: IngestMetrics
    limits: Limits
    #: Hears of each bad signature. It is called on the event loop and must not wait.
    forged: Callable[[str], None] = nobody_hears
    #: Requests whose bodies are being read.
    _reading: Deadlines["asyncio.Task[object]"] = field(init=False)
    #: Events that wait for their commit.
    _storing: Deadlines["asyncio.Future[Outcome]"] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_reading", Deadlines(self.limits.read_seconds, asyncio.Task.cancel))
        object.__setattr__(self, "_storing", Deadlines(self.limits.store_seconds, _give_up))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            answer = await self._take(scope["headers"], receive)
        except ClientGone:
            return
        except asyncio.CancelledError:
            # The server stops and waits no longer. This is the request's own task and its last step.
            answer = self._counted(UNKNOWN_TYPE, Outcome.STOPPING)
        await answer.send(receive, send)

    async def _take(self, headers: Iterable[Header], receive: Receive) -> Answer:
        declared, signature = _declared(headers)
        try:
            body = await self._read(receive, declared)
        except BodyTooLarge:
            return self._counted(UNKNOWN_TYPE, Outcome.TOO_LARGE)
        except TimeoutError:
            return self._counted(UNKNOWN_TYPE, Outcome.TOO_SLOW)
        problem = self.signatures.problem_with(body, signature)
        if problem is not None:
            self.metrics.signature_failure(problem.value)
            self.forged(problem.value)
            _log.info("webhook.refused", reason=problem.value)
            return REFUSALS[problem]
        return await self._take_verified(body)

    async def _read(self, receive: Receive, declared: int) -> bytes:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request has a task of its own")
        self._reading.watch(task)
        try:
            body = await read_body(receive, declared, self.limits.body_bytes)
        except asyncio.CancelledError:
            if self._reading.forget(task):
                raise  # the server stops
            task.uncancel()
            raise TimeoutError from None
        except BaseException:
            self._reading.forget(task)
            raise
        self._reading.forget(task)
        return body

    async def _take_verified(self, body: bytes) -> Answer:
        try:
            event = self.read(body)
        except NotAnEvent:
            _log.warning("webhook.refused", reason=NotAnEvent.code)
            return self._counted(UNKNOWN_TYPE, Outcome.NOT_AN_EVENT)
        except Exception as error:  # noqa: BLE001 - a reader that stumbles is ours to mend; Stripe repeats meanwhile
            _log.error("webhook.failed", error=type(error).__name__)  # no trace: it may quote the body
            return self._counted(UNKNOWN_TYPE, Outcome.FAILED)
        return self._counted(event.type, await self._stored(event))

    async def _stored(self, event: StoredEvent) -> Outcome:
        try:
            answer = self.committer.submit(event)
        except Overloaded:
            return Outcome.OVERLOADED
        self._storing.watch(answer)
        try:
            return await answer
        finally:
            self._storing.forget(answer)

    def _counted(self, event_type: str, outcome: Outcome) -> Answer:
        self.metrics.received(event_type, outcome.value)
        return ANSWERS[outcome]


def _give_up(answer: asyncio.Future[Outcome]) -> None:
    if not answer.done():
        answer.set_result(Outcome.OVERDUE)


def _declared(headers: Iterable[Header]) -> tuple[int, str | None]:
    """Content-Length (0 if there is none) and Stripe-Signature, several of it joined as HTTP has it."""
    length = 0
    signature = None
    for name, value in headers:
        if name == b"stripe-signature":
            text = value.decode("latin-1")
            signature = text if signature is None else f"{signature},{text}"
        elif name == b"content-length" and value.isdigit():
            length = int(value[:20])  # more digits say no more than "too large"
    return length, signature
