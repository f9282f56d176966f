"""One webhook: verify it, store it, tell Stripe."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

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

WEBHOOK_PATH: Final = "/payments/webhooks/stripe"
_log = structlog.get_logger(__name__)


class Pending:
    """A verified event that waits for its commit, and whoever is to be told. It is told once."""

    __slots__ = ("_answer", "_webhook", "event")

    def __init__(self, webhook: "Webhook", event: StoredEvent, answer: Callable[[Answer], object]) -> None:
        self._webhook = webhook
        self._answer = answer
        self.event = event

    def settle(self, outcome: Outcome) -> None:
        """Tell what became of it, unless that was told already."""
        if self._webhook.storing.forget(self):
            self.tell(outcome)

    def tell(self, outcome: Outcome) -> None:
        """Count and tell."""
        self._answer(self._webhook.counted(self.event.type, outcome))


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
    #: Events that wait for their commit.
    storing: Deadlines[Pending] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "storing", Deadlines(self.limits.store_seconds, _overdue))

    def take(self, body: bytes, signature: str | None, answer: Callable[[Answer], object]) -> Pending | None:
        """Take a webhook that is here as a whole.

        Args:
            body: its raw bytes.
            signature: its `Stripe-Signature`.
            answer: hears what to tell Stripe, once, now or later. It must neither wait nor fail.

        Returns:
            What waits for its commit; None if the answer was given.
        """
        problem = self.signatures.problem_with(body, signature)
        if problem is not None:
            self.metrics.signature_failure(problem.value)
            self.forged(problem.value)
            _log.info("webhook.refused", reason=problem.value)
            answer(REFUSALS[problem])
            return None
        try:
            pending = Pending(self, self.read(body), answer)
        except NotAnEvent:
            _log.warning("webhook.refused", reason=NotAnEvent.code)
            answer(self.counted(UNKNOWN_TYPE, Outcome.NOT_AN_EVENT))
            return None
        except Exception as error:  # noqa: BLE001 - a reader that stumbles is ours to mend; Stripe repeats meanwhile
            _log.error("webhook.failed", error=type(error).__name__)  # no trace: it may quote the body
            answer(self.counted(UNKNOWN_TYPE, Outcome.FAILED))
            return None
        try:
            self.committer.submit(pending)
        except Overloaded:
            pending.tell(Outcome.OVERLOADED)
            return None
        self.storing.watch(pending)
        return pending

    def stop(self) -> None:
        """Whoever still waits for a commit waits no longer: the process ends."""
        for pending in self.storing.watched:
            pending.settle(Outcome.STOPPING)

    def counted(self, event_type: str, outcome: Outcome) -> Answer:
        """The answer to an outcome, which is counted."""
        self.metrics.received(event_type, outcome.value)
        return ANSWERS[outcome]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request by ASGI, however its body comes."""
        try:
            answer = await self._answer(scope["headers"], receive)
        except ClientGone:
            return
        except asyncio.CancelledError:
            # The server stops and waits no longer. This is the request's own task and its last step.
            answer = self.counted(UNKNOWN_TYPE, Outcome.STOPPING)
        await answer.send(receive, send)

    async def _answer(self, headers: Iterable[Header], receive: Receive) -> Answer:
        declared, signature = declared_in(headers)
        try:
            body = await read_body(receive, declared or 0, self.limits.body_bytes)
        except BodyTooLarge:
            return self.counted(UNKNOWN_TYPE, Outcome.TOO_LARGE)
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def answer(answer: Answer) -> None:
            if not answered.done():
                answered.set_result(answer)

        pending = self.take(body, signature, answer)
        try:
            return await answered
        except asyncio.CancelledError:
            if pending is not None:
                self.storing.forget(pending)
            raise


def _overdue(pending: Pending) -> None:
    pending.tell(Outcome.OVERDUE)


def declared_in(headers: Iterable[Header]) -> tuple[int | None, str | None]:
    """Content-Length and Stripe-Signature, several of the latter joined as HTTP has it."""
    length = signature = None
    for name, value in headers:
        if name == b"stripe-signature":
            text = value.decode("latin-1")
            signature = text if signature is None else f"{signature},{text}"
        elif name == b"content-length" and value.isdigit():
            length = int(value[:20])  # more digits say no more than "too large"
    return length, signature
