"""A mail server that says what a test has it say, right or wrong."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

#: Takes a connection, and the server's side of the conversation is this.
Talk = Callable[[socket.socket, "Server"], None]
GOOD: Mapping[str, str] = {
    "EHLO": "250-test\r\n250 8BITMIME",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    ".": "250 kept",
    "RSET": "250 ok",
    "QUIT": "221 bye",
}


@dataclass
class Server:
    """A listening server and what it heard."""

    port: int
    heard: list[str] = field(default_factory=list)
    connections: int = 0


def saying(answers: Mapping[str, str] | None = None, greeting: str = "220 test") -> Talk:
    """Answer each command as told; those that are not, well."""
    spoken = dict(GOOD) | dict(answers or {})

    def talk(line: socket.socket, server: Server) -> None:
        with line.makefile("rb") as stream:
            line.sendall(f"{greeting}\r\n".encode())
            in_data = False
            for raw in stream:
                said = raw.decode("utf-8", "replace").rstrip("\r\n")
                server.heard.append(said)
                if in_data and said != ".":
                    continue
                word = said.split(" ")[0].upper()
                answer = spoken.get(word, "502 unknown")
                in_data = word == "DATA" and answer.startswith("354")
                line.sendall(f"{answer}\r\n".encode())
                if word == "QUIT":
                    return

    return talk


def silent(line: socket.socket, _server: Server) -> None:
    """Say nothing until the other side hangs up."""
    line.recv(1)


def dripping(line: socket.socket, _server: Server) -> None:
    """A greeting that never ends, a letter at a time."""
    with suppress(OSError):
        while True:
            line.sendall(b"2")
            time.sleep(0.02)


def endless(line: socket.socket, _server: Server) -> None:
    """An answer without end."""
    with suppress(OSError):
        while True:
            line.sendall(b"220-and more\r\n" * 100)


@contextmanager
def talking(talk: Talk) -> Iterator[Server]:
    """Run a server while the block lasts."""
    listening = socket.create_server(("127.0.0.1", 0))
    server, open_lines = Server(listening.getsockname()[1]), list[socket.socket]()

    def serve(line: socket.socket) -> None:
        with line, suppress(OSError):
            talk(line, server)

    def accept() -> None:
        with suppress(OSError):
            while True:
                line, _ = listening.accept()
                server.connections += 1
                open_lines.append(line)
                threading.Thread(target=serve, args=(line,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for line in open_lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        thread.join(5)
