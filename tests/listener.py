"""A service downstream: a real HTTP server on loopback that remembers what it was told, and misbehaves on demand."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

SECRET = "whsec_" + "c2VjcmV0" * 4


@dataclass
class Listener:
    """What a service was told, in order; `answers` are the statuses it gives next (then 200).

    `refuses` answers for some events with a status of their own, every time; None lets them pass.
    """

    url: str = ""
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    #: Headers of every answer.
    headers: dict[str, str] = field(default_factory=dict)
    #: Ids of events that came marked as late.
    late: list[str] = field(default_factory=list)
    #: How often it was asked.
    asked: int = 0
    refuses: Callable[[dict[str, Any]], int | None] = lambda _event: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def types(self) -> list[str]:
        return [event["type"] for _, event in self.told]

    def hear(self, body: bytes, headers: dict[str, str]) -> int:
        sent = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        signature = Webhook(SECRET).sign(headers["webhook-id"], sent, body.decode())
        # The time itself is not held against ours: tests move the sender's clock.
        assert headers["webhook-signature"] == signature
        event = json.loads(body)
        with self.lock:
            self.asked += 1
            status = self.refuses(event) or (self.answers.pop(0) if self.answers else 200)
            if status == 200:
                self.told.append((headers["webhook-id"], dict(event)))
                if headers.get("webhook-late") == "true":
                    self.late.append(headers["webhook-id"])
        return status


@contextmanager
def listening() -> Iterator[Listener]:
    """Listen on a free port."""
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = listener.hear(body, {name.lower(): value for name, value in self.headers.items()})
            self.send_response(status)
            self.send_header("location", "http://127.0.0.1:1/")
            for name, value in listener.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.url = f"http://127.0.0.1:{server.server_port}/events"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
