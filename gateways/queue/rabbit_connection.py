"""Connections to RabbitMQ on which nobody waits for ever: for who publishes, and for who asks."""

from collections.abc import Callable
from typing import Any, Final

import pika
import pika.exceptions
from pika.adapters.utils.connection_workflow import AMQPConnectorException

#: Seconds for an answer, where the parameters do not bound it.
_LONGEST: Final = 10.0


class ServerSilent(pika.exceptions.AMQPConnectionError):  # type: ignore[misc]
    """The server owes us an answer for too long: the connection is given up."""

    def __str__(self) -> str:
        return "the server is silent"


class BoundedConnection(pika.BlockingConnection):  # type: ignore[misc]
    """Waits for each answer no longer than for the handshake, which the parameters bound.

    Pika bounds the handshake alone: a server that falls silent after it is waited for until heartbeats are missed, or
    for ever where there are none.
    """

    def __init__(self, parameters: "pika.URLParameters") -> None:
        self._seconds = parameters.stack_timeout or _LONGEST
        super().__init__(parameters)

    def _flush_output(self, *waiters: Callable[[], bool]) -> None:
        # As pika's own heartbeats do it: a timer that ends the connection, and with it the wait.
        connection: Any = self._impl
        late = connection._adapter_call_later(  # noqa: SLF001
            self._seconds,
            lambda: connection._terminate_stream(ServerSilent()),  # noqa: SLF001
        )
        try:
            super()._flush_output(*waiters)
        finally:
            connection._adapter_remove_timeout(late)  # noqa: SLF001


def connect(parameters: "pika.URLParameters") -> BoundedConnection:
    """Open a connection.

    Raises:
        AMQPError: the server is away, silent, or refuses us.
    """
    try:
        return BoundedConnection(parameters)
    except (AMQPConnectorException, OSError) as error:
        # What pika raises of names that nobody knows, and of handshakes that are not answered, is no AMQPError.
        raise pika.exceptions.AMQPConnectionError(str(error) or type(error).__name__) from error
