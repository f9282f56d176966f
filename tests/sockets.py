"""Sockets as clients use them who follow no library."""

import socket
from contextlib import suppress


def read_all(connection: socket.socket) -> bytes:
    """All that comes until the server closes."""
    got = bytearray()
    with suppress(ConnectionError):
        while piece := connection.recv(65536):
            got += piece
    return bytes(got)
