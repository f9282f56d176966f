"""The SMTP server, in a thread of its own."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from sandbox.mailbox.box import KEPT_MAILS, Mailbox
from sandbox.mailbox.faults import Faults
from sandbox.mailbox.mail import Mail

LOOPBACK = "127.0.0.1"
#: A receipt is a tenth of a megabyte; what is larger than this is a mistake.
LARGEST_MAIL_BYTES = 10_000_000


class _Handler:
    """Answers RCPT and DATA; the rest of the protocol is aiosmtpd's."""

    def __init__(self, box: Mailbox) -> None:
        self._box = box

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        await asyncio.sleep(self._box.faults.delay_seconds)
        if refusal := self._box.faults.answer_to(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        await asyncio.sleep(self._box.faults.delay_seconds)
        content = envelope.original_content or b""
        mail = self._box.add(envelope.mail_from or "", envelope.rcpt_tos, content)
        return f"250 2.0.0 Kept as {mail.id}"


def _anybody(*_: Any) -> AuthResult:
    """Accept any credentials, for a client that has some."""
    return AuthResult(success=True)


@dataclass(frozen=True, slots=True)
class RunningMailbox:
    """A mailbox and the address of its server."""

    box: Mailbox
    port: int

    @property
    def smtp_url(self) -> str:
        """Where to send mail to."""
        return f"smtp://{LOOPBACK}:{self.port}"

    @property
    def messages(self) -> "list[Mail]":
        """The mails, oldest first."""
        return list(self.box.messages)

    @property
    def faults(self) -> Faults:
        """What it does wrong."""
        return self.box.faults


def utc_now() -> datetime:
    """Read the clock; for whoever runs a mailbox without a clock of his own."""
    return datetime.now(UTC)


@contextmanager
def running_mailbox(
    port: int = 0,
    *,
    keep: int = KEPT_MAILS,
    directory: Path | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Iterator[RunningMailbox]:
    """Run a mail server on 127.0.0.1 while the block lasts; port 0 means a free one.

    Raises:
        OSError: the port is in use.
    """
    box = Mailbox(clock, keep=keep, directory=directory)
    listening = socket.create_server((LOOPBACK, port))
    port = listening.getsockname()[1]
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(_serve(box, listening, stop),), name="mailbox")
    thread.start()
    try:
        yield RunningMailbox(box, port)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


async def _serve(box: Mailbox, listening: socket.socket, stop: asyncio.Event) -> None:
    loop, handler = asyncio.get_running_loop(), _Handler(box)
    connections = WeakSet[SMTP]()

    def connected() -> SMTP:
        protocol = SMTP(
            handler,
            data_size_limit=LARGEST_MAIL_BYTES,
            enable_SMTPUTF8=True,
            hostname="mailbox.sandbox",
            ident="Gavelpay sandbox mailbox",
            authenticator=_anybody,
            auth_require_tls=False,  # there is no TLS on loopback, and nothing to steal
            loop=loop,
        )
        connections.add(protocol)
        return protocol

    server = await loop.create_server(connected, sock=listening)
    try:
        await stop.wait()
    finally:
        server.close()
        for connection in connections:
            if connection.transport is not None:
                connection.transport.close()
        await _finish_tasks()


async def _finish_tasks() -> None:
    """End the conversations that were cut off."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
