"""Requests that came with a key of their caller's."""

from typing import Final

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, UniqueConstraint

from models.tables.schema import FROZEN, METADATA, key, moment, sealed, text

KEYED_REQUESTS: Final = Table(
    "keyed_requests",
    METADATA,
    key(primary_key=True),
    text("caller", frozen=True),
    text("key", frozen=True),
    Column("fingerprint", LargeBinary, nullable=False, info={FROZEN: True}),
    moment("created_at", frozen=True),
    Column("status", Integer, nullable=True),
    sealed("answer"),
    # On any number of processes at once, it is done once.
    UniqueConstraint("caller", "key"),
)
Index("keyed_requests_age", KEYED_REQUESTS.c.created_at)
