"""The HTTP server around the application."""

from collections.abc import Callable
from typing import Final

import uvicorn

from runtime.serving import listen, stopped_by_signals
from webhook_ingest.app import IngestApp
from webhook_ingest.limits import Limits
from webhook_ingest.shortcut import shortcut_to

_BACKLOG: Final = 2048


def serve(
    app: IngestApp,
    host: str,
    port: int,
    *,
    limits: Limits | None = None,
    on_listening: Callable[[int], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way, and return.

    Args:
        app: what answers.
        host: address to listen on; `0.0.0.0` is every one of this machine.
        port: 0 means a free one.
        limits: of connections, heads and time to stop; those of the application, if they are not the usual ones.
        on_listening: called with the port as soon as connections are taken.

    Raises:
        CannotListen: the address is taken, forbidden, or not ours.
    """
    server = build_server(app, limits or Limits())
    listener = listen("ingest", host, port, _BACKLOG)
    with stopped_by_signals(server):
        if on_listening is not None:
            on_listening(listener.getsockname()[1])
        server.run(sockets=[listener])


def build_server(app: IngestApp, limits: Limits) -> uvicorn.Server:
    """The server, not running yet."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            loop="uvloop",
            http=shortcut_to(app.webhook, limits),
            ws="none",
            lifespan="on",
            # Logging is the composition root's. A line for each request would cost more than the request.
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=_BACKLOG,
            limit_concurrency=limits.connections,
            timeout_keep_alive=limits.keep_alive_seconds,
            timeout_graceful_shutdown=limits.stop_seconds,
        )
    )
