"""A receiver on loopback that says exactly what it is told to, byte by byte, or nothing at all."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

#: What one does with a connection whose request has come.
Manner = Callable[[socket.socket, threading.Event], None]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Rude:
    """Accepts connections and treats each as its manner says."""

    def __init__(self, manner: Manner) -> None:
        self.manner = manner
        self.requests: list[bytes] = []
        self.connections = 0
        self.sent = 0
        self._over = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.getsockname()[1]}/events?from=us"

    def close(self) -> None:
        self._over.set()
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._server.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(sock,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError):
            sock.settimeout(0.1)
            while not self._over.is_set():
                if request := self._read(sock):
                    self.requests.append(request)
                    self.manner(sock, self._over)

    def _read(self, sock: socket.socket) -> bytes:
        request = b""
        try:
            while b"\r\n\r\n" not in request:
                request += _more(sock)
            head, _, body = request.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            while len(body) < length:
                body += _more(sock)
        except TimeoutError:
            return b""
        return head + b"\r\n\r\n" + body


def _more(sock: socket.socket) -> bytes:
    more = sock.recv(65536)
    if not more:
        raise ConnectionResetError
    return more


def says(*parts: bytes) -> Manner:
    """Says these bytes."""
    return lambda sock, _over: sock.sendall(b"".join(parts))


def drips(what: bytes, *, head: bytes = b"") -> Manner:
    """Says something, then one byte now and then, for as long as anybody listens."""

    def drip(sock: socket.socket, over: threading.Event) -> None:
        sock.sendall(head)
        while not over.wait(0.02):
            sock.sendall(what)

    return drip


def silent(_sock: socket.socket, over: threading.Event) -> None:
    """Says nothing."""
    over.wait(30)


def floods(sock: socket.socket, over: threading.Event) -> None:
    """Says a gigabyte."""
    sock.settimeout(20)
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    chunk = bytes(1024 * 1024)
    for _ in range(1024):
        if over.is_set():
            return
        sock.sendall(chunk)


def hangs_up(sock: socket.socket, _over: threading.Event) -> None:
    """Says nothing and closes."""
    sock.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def rude(manner: Manner) -> Iterator[Rude]:
    """Receive on a free port."""
    receiver = Rude(manner)
    try:
        yield receiver
    finally:
        receiver.close()
