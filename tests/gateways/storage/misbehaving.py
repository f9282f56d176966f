"""A server that answers as it is told to, or does not."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

HANG = b""
#: A letter at a time, each sooner than a reader loses patience with it.
DRIP = b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * 200


@dataclass
class Misbehaving:
    """`answers` are whole HTTP answers, sent as they are in turn (the last one for ever); then the line is closed."""

    answers: list[bytes]
    url: str = ""
    #: The first line of each request.
    asked: list[str] = field(default_factory=list)
    #: Those who are kept waiting.
    waiting: list[socket.socket] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def serve(self, listening: socket.socket) -> None:
        while True:
            try:
                caller, _ = listening.accept()
            except OSError:
                return
            self._answer(caller)

    def _answer(self, caller: socket.socket) -> None:
        answer = self.answers[min(len(self.asked), len(self.answers) - 1)]
        caller.settimeout(5)
        head = b""
        # Expect: 100-continue is what a put begins with.
        with suppress(OSError):
            while b"\r\n\r\n" not in head:
                head += caller.recv(65536)
            self.asked.append(head.split(b"\r\n", 1)[0].decode())
            if answer == HANG:
                self.waiting.append(caller)
                return
            if answer == DRIP:
                threading.Thread(target=self._drip, args=(caller,), daemon=True).start()
                return
            caller.sendall(answer)
        caller.close()

    def _drip(self, caller: socket.socket) -> None:
        with suppress(OSError), caller:
            for letter in DRIP:
                caller.sendall(bytes([letter]))
                if self.over.wait(0.1):
                    return


def http(status: int, body: str = "", headers: str = "") -> bytes:
    """A whole answer."""
    return (
        f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\nContent-Type: application/xml\r\n"
        f"Connection: close\r\n{headers}\r\n{body}"
    ).encode()


def error(status: int, code: str) -> bytes:
    """An error as Amazon words it."""
    return http(status, f"<Error><Code>{code}</Code><Message>In words of {code}</Message></Error>")


@contextmanager
def misbehaving(*answers: bytes) -> Iterator[Misbehaving]:
    """Listen on a free port."""
    server = Misbehaving(list(answers))
    listening = socket.create_server(("127.0.0.1", 0))
    server.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    thread = threading.Thread(target=server.serve, args=(listening,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        # Closing alone does not wake who waits in accept.
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)
        server.over.set()
        for caller in server.waiting:
            caller.close()
