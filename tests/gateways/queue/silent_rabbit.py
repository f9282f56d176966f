"""Something that listens like RabbitMQ, agrees to a connection and to channels, and then says no more."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pika.frame
from pika import spec

_START: Final = spec.Connection.Start(0, 9, {}, "PLAIN", "en_US")
_ANSWERS: Final = {
    spec.Connection.StartOk: lambda: spec.Connection.Tune(channel_max=9, frame_max=131_072, heartbeat=60),
    spec.Connection.Open: spec.Connection.OpenOk,
    spec.Channel.Open: spec.Channel.OpenOk,
    spec.Confirm.Select: spec.Confirm.SelectOk,
}


@contextmanager
def silent_rabbit() -> Iterator[str]:
    """Listen on loopback; gives the address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener,), daemon=True).start()
        yield f"amqp://guest:guest@127.0.0.1:{listener.getsockname()[1]}/%2F"


def _serve(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_agree, args=(connection,), daemon=True).start()


def _agree(connection: socket.socket) -> None:
    with connection:
        heard = b""
        while received := connection.recv(4096):
            heard += received
            consumed, frame = pika.frame.decode_frame(heard)
            while consumed:
                heard = heard[consumed:]
                _answer(connection, frame)
                consumed, frame = pika.frame.decode_frame(heard)


def _answer(connection: socket.socket, frame: Any) -> None:
    if isinstance(frame, pika.frame.ProtocolHeader):
        connection.sendall(pika.frame.Method(0, _START).marshal())
        return
    answer = _ANSWERS.get(type(getattr(frame, "method", None)))
    if answer is not None:
        connection.sendall(pika.frame.Method(frame.channel_number, answer()).marshal())
