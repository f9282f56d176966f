"""Requests with a key of their caller's, in the database."""

from datetime import datetime
from typing import Any, Final

from psycopg import Connection

from domain.keyed_request import KeyedRequest
from models.records import KEYED_REQUESTS
from models.sealing import FieldCipher

#: Each new request takes a few of the oldest with it, so that the table stays small without a job of its own.
_AT_A_TIME: Final = 20
_PRUNE: Final = """
    DELETE FROM keyed_requests WHERE id IN (
      SELECT id FROM keyed_requests WHERE created_at < %s ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED)
"""


def claim(connection: Connection[Any], cipher: FieldCipher, request: KeyedRequest) -> bool:
    """Write it, unless its key is taken. Waits for whoever is about to take the same key."""
    tail = "ON CONFLICT (caller, key) DO NOTHING RETURNING id"
    return KEYED_REQUESTS.insert_all(connection, [request], cipher, tail).fetchone() is not None


def of_key(connection: Connection[Any], cipher: FieldCipher, caller: str, key: str) -> KeyedRequest | None:
    """What was asked under a key."""
    row = connection.execute(
        f"SELECT {KEYED_REQUESTS.selection} FROM keyed_requests r WHERE r.caller = %s AND r.key = %s",  # noqa: S608
        (caller, key),
    ).fetchone()
    return None if row is None else KEYED_REQUESTS.load(row, cipher)


def answer(connection: Connection[Any], cipher: FieldCipher, request: KeyedRequest) -> None:
    """Write down what was answered."""
    KEYED_REQUESTS.update_all(connection, [request], cipher)


def prune(connection: Connection[Any], before: datetime) -> None:
    """Delete a few that are older than that."""
    connection.execute(_PRUNE, (before, _AT_A_TIME))
