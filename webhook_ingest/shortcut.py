"""The short way of a webhook: from the parser to the committer, and back with one write.

A task, a scope, an event and four messages of ASGI cost a third of all that a webhook costs. So what comes as nearly
all webhooks do (its length told, in one piece, the request before it answered) is taken at once. Everything else, and
whatever is no webhook, goes through ASGI: uvicorn keeps connections, pipelines and the orderly end, and takes an
`Exchange` for the request that is under way.
"""

from typing import Any, ClassVar, Final

from runtime.bounded_http import BoundedHttp
from webhook_ingest.asgi import Answer
from webhook_ingest.limits import Limits
from webhook_ingest.metrics import UNKNOWN_TYPE
from webhook_ingest.outcomes import Outcome
from webhook_ingest.webhook import WEBHOOK_PATH, Webhook, declared_in

_URL: Final = WEBHOOK_PATH.encode()


class _Nobody:
    """Stands where a task of uvicorn's would wait."""

    def set(self) -> None:
        """Wake nobody."""


_NOBODY: Final = _Nobody()


class Exchange:
    """A webhook and its answer. What uvicorn looks at in a request that is under way is here."""

    __slots__ = ("_connection", "disconnected", "keep_alive", "response_complete")
    message_event: Final = _NOBODY

    def __init__(self, connection: "Shortcut", *, keep_alive: bool) -> None:
        self._connection = connection
        self.keep_alive = keep_alive
        self.response_complete = False
        self.disconnected = False

    def answer(self, answer: Answer) -> None:
        """Write the answer, if anybody is still there."""
        self.response_complete = True
        connection = self._connection
        if self.disconnected or connection.transport.is_closing():
            return
        more = connection.server_state.default_headers
        connection.transport.write(answer.written(more, keep_alive=self.keep_alive))
        if not self.keep_alive:
            connection.transport.close()
        connection.on_response_complete()


class Shortcut(BoundedHttp):
    """HTTP for one webhook endpoint, and ASGI for the rest."""

    webhook: ClassVar[Webhook]
    limits: ClassVar[Limits]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: The webhook whose body is being read.
        self._taking: Exchange | None = None
        self._signature: str | None = None
        self._body = b""

    def data_received(self, data: bytes) -> None:
        """Read on. A body that has come in part only takes the long way."""
        super().data_received(data)
        if self._taking is not None:
            self.cycle, self._taking = None, None  # type: ignore[assignment]
            self._go_the_long_way()
            if self._body:
                super().on_body(self._body)
            self._watch()

    def on_message_begin(self) -> None:
        """Parser: a head begins. What ASGI needs of it is made when it is needed."""
        self._begin_head()
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        """Parser: the head is complete."""
        if self._is_plain():
            length, signature = declared_in(self.headers)
            if length and length <= self.limits.body_bytes:
                self._in_head = False
                self._stop_clock()
                parser = self.parser
                alive = parser.should_keep_alive() and parser.get_http_version() != "1.0"
                self.cycle = self._taking = Exchange(self, keep_alive=alive)  # type: ignore[assignment]
                self._signature, self._body = signature, b""
                return
        self._go_the_long_way()

    def on_body(self, body: bytes) -> None:
        """Parser: a piece of the body."""
        if self._taking is None:
            super().on_body(body)
        else:
            self._body += body

    def on_message_complete(self) -> None:
        """Parser: the request is complete."""
        if (exchange := self._taking) is None:
            super().on_message_complete()
        else:
            self._taking = None
            self.webhook.take(self._body, self._signature, exchange.answer)

    def too_slow(self) -> bytes:
        """A body that did not come in time is counted."""
        answer = self.webhook.counted(UNKNOWN_TYPE, Outcome.TOO_SLOW)
        return answer.written(self.server_state.default_headers, keep_alive=False)

    def _is_plain(self) -> bool:
        """Whether it is a webhook that nothing stands before, and that asks for nothing else."""
        return (
            self.url == _URL
            and self.parser.get_method() == b"POST"
            and (self.cycle is None or self.cycle.response_complete)
            and len(self.connections) < self.limits.connections
            and not (self.expect_100_continue or self.flow.write_paused or self.parser.should_upgrade())
        )

    def _go_the_long_way(self) -> None:
        url, headers, expect = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expect
        self.headers += headers
        super().on_headers_complete()


def shortcut_to(webhook: Webhook, limits: Limits) -> type[Shortcut]:
    """The protocol for this webhook, with these limits."""
    return type("Shortcut", (Shortcut,), {"webhook": webhook, "limits": limits})
