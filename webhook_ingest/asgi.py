"""As much of ASGI as this process speaks: no framework, for it would cost as much as the work itself."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

import orjson

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

CLOSE: Final = (b"connection", b"close")
#: What is thrown away of a body that was refused unread, so that its sender gets to read why. A socket that is closed
#: over unread bytes resets the connection, and the answer is lost with it.
LINGER_BYTES: Final = 1024 * 1024
LINGER_SECONDS: Final = 1.0


class BodyTooLarge(Exception):
    """The body is longer than what is taken. The rest of it was not read."""


class ClientGone(Exception):
    """The client went away before its request was complete. There is nobody to answer."""


class Answer:
    """A response that is built once and sent any number of times.

    Args:
        status: HTTP's.
        body: all of it.
        headers: beside the type and length of the body.
        content_type: of the body.
        early: it is sent before the request was read to its end. What still comes is thrown away, within bounds.
    """

    def __init__(
        self,
        status: int,
        body: bytes,
        *headers: Header,
        content_type: bytes = b"application/json",
        early: bool = False,
    ) -> None:
        self.status = status
        self._early = early
        self._start: Message = {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), *headers],
        }
        self._body: Message = {"type": "http.response.body", "body": body, "more_body": early}
        self._line = b"HTTP/1.1 %d %b\r\n" % (status, HTTPStatus(status).phrase.encode())
        self._rest = _lines(self._start["headers"]) + b"\r\n" + body

    async def send(self, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await send(self._start)
        await send(self._body)
        if self._early:
            with suppress(TimeoutError):
                async with asyncio.timeout(LINGER_SECONDS):
                    await _throw_away(receive)
            await send({"type": "http.response.body"})

    def written(self, more: Iterable[Header], *, keep_alive: bool) -> bytes:
        """All of it as it goes over the wire, with these headers as well. Not for one that is early."""
        close = b"" if keep_alive else b"connection: close\r\n"
        return b"%b%b%b%b" % (self._line, _lines(more), close, self._rest)


def _lines(headers: Iterable[Header]) -> bytes:
    return b"".join([b"%b: %b\r\n" % header for header in headers])


def problem(status: int, code: str, sentence: str, *headers: Header, early: bool = False) -> Answer:
    """An error as the API's are (RFC 9457), written once: a code for programs, and a sentence for people.

    `error` and `message` say the same to those who knew them first.
    """
    document = {
        "type": f"urn:gavelpay:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": sentence,
        "error": code,
        "message": sentence,
    }
    return Answer(status, orjson.dumps(document), *headers, content_type=b"application/problem+json", early=early)


async def read_body(receive: Receive, declared: int, limit: int) -> bytes:
    """Read a request's body.

    Args:
        receive: where it comes from.
        declared: its Content-Length in bytes; 0 if it has none.
        limit: how many bytes are taken at most.

    Raises:
        BodyTooLarge: it says so itself, or it turned out so.
        ClientGone: it ends before its end.
    """
    if declared > limit:
        raise BodyTooLarge
    message = await _request(receive)
    body = message["body"]
    if not message["more_body"] and len(body) <= limit:
        return bytes(body)  # nearly always: it came in one piece
    whole = bytearray(body)
    while message["more_body"] and len(whole) <= limit:
        message = await _request(receive)
        whole += message["body"]
    if len(whole) > limit:
        raise BodyTooLarge
    return bytes(whole)


async def _request(receive: Receive) -> Message:
    message = await receive()
    if message["type"] != "http.request":
        raise ClientGone
    return message


async def _throw_away(receive: Receive) -> None:
    thrown = 0
    while thrown < LINGER_BYTES:
        message = await receive()
        if not message.get("more_body"):
            return
        thrown += len(message["body"])
