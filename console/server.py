"""The HTTP server around the application."""

import socket
from collections.abc import Callable
from typing import Final

import uvicorn
from fastapi import FastAPI

from console.limits import Limits
from runtime.bounded_http import bounded_by
from runtime.serving import listen, stopped_by_signals

_BACKLOG: Final = 512


def serve(
    api: FastAPI,
    host: str,
    port: int,
    *,
    limits: Limits | None = None,
    on_listening: Callable[[int], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way, and return.

    Args:
        api: what answers: `create_api(…)`.
        host: address to listen on; `0.0.0.0` is every one of this machine.
        port: 0 means a free one.
        limits: those of the application, if they are not the usual ones.
        on_listening: called with the port as soon as connections are taken.

    Raises:
        CannotListen: the address is taken, forbidden, or not ours.
    """
    listener = listen("api", host, port, _BACKLOG)
    server = build_server(api, limits or Limits())
    # First, for whoever hears of the port may send a signal at once.
    with stopped_by_signals(server):
        if on_listening is not None:
            on_listening(listener.getsockname()[1])
        server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """Lets listeners go as soon as it is told to stop: their streams have no end to wait for."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what is under way."""
        house = getattr(self.config.app.state, "house", None)  # type: ignore[union-attr]
        if house is not None:
            house.live.stop()
        await super().shutdown(sockets)


def build_server(api: FastAPI, limits: Limits) -> uvicorn.Server:
    """The server, not running yet."""
    return _Server(
        uvicorn.Config(
            api,
            http=bounded_by(limits),
            ws="none",
            lifespan="on",
            # Logging is the composition root's.
            log_config=None,
            access_log=False,
            # Nothing here depends on the client's address or scheme; headers about them are not believed.
            proxy_headers=False,
            server_header=False,
            backlog=_BACKLOG,
            limit_concurrency=limits.connections,
            timeout_keep_alive=limits.keep_alive_seconds,
            timeout_graceful_shutdown=limits.stop_seconds,
        )
    )
