"""`/healthz` and `/metrics` of a process that serves nothing else."""

import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

log = structlog.get_logger()


class HealthServer:
    """Answers whether the process is well, and with its metrics.

    Args:
        problem: what is wrong with the process, or None.
        port: 0 for any free one; `port` tells which.

    Raises:
        OSError: the port is in use.
    """

    def __init__(
        self, registry: CollectorRegistry, problem: Callable[[], str | None], port: int, host: str = "127.0.0.1"
    ) -> None:
        self._server = _Server((host, port), _Handler)
        self._server.registry, self._server.problem = registry, problem
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def start(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    registry: CollectorRegistry
    problem: Callable[[], str | None]

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the library's names
        """Tell of an answer that failed as a line of the log; the library would print it on standard error."""
        error = sys.exception()
        if isinstance(error, ConnectionError | TimeoutError):
            log.info("health.asker_gone", error=type(error).__name__)
        else:
            log.error("health.failed", exc_info=error)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10

    def do_GET(self) -> None:
        """Answer a request; http.server calls it."""
        path = self.path.partition("?")[0]
        if path == "/healthz":
            problem = self.server.problem()
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE if problem else HTTPStatus.OK, f"{problem or 'ok'}\n".encode())
        elif path == "/metrics":
            self._answer(HTTPStatus.OK, generate_latest(self.server.registry), CONTENT_TYPE_PLAIN_0_0_4)
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"there are /healthz and /metrics\n")

    def _answer(self, status: HTTPStatus, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing: a scrape every few seconds is no news."""
