import struct
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest

from models.arrays import packed
from models.database import Database

ZONE = timezone(timedelta(hours=-7))
VALUES: dict[str, list[Any]] = {
    "uuid[]": [uuid4(), None, UUID(int=0)],
    "timestamptz[]": [datetime(1999, 12, 31, 23, 59, 59, 999_999, UTC), None, datetime(2026, 11, 20, 1, tzinfo=ZONE)],
    "bigint[]": [-(2**63), 2**63 - 1, None],
    "int[]": [-(2**31), 0, 2**31 - 1],
    "bool[]": [True, None, False],
    "bytea[]": [b"", b"\x00\xff", None],
    "jsonb[]": ['{"a": ["ž"]}', None, "null"],
    "text[]": ["", "Žofie 🎩", None],
}


@pytest.mark.parametrize("kind", VALUES)
def test_what_is_packed_arrives(database_url: str, kind: str) -> None:
    database = Database(database_url, pool_size=1)
    try:
        for values in ([], VALUES[kind], [VALUES[kind][0]] * 3, [None, None]):
            got = database.rows(f"SELECT unnest(%b::{kind})::text", [packed(kind, values)])
            wanted = database.rows(f"SELECT unnest(%s::{kind})::text", [values])
            assert got == wanted
    finally:
        database.close()


@pytest.mark.parametrize("kind", VALUES)
def test_what_is_of_another_type_is_refused_here(kind: str) -> None:
    with pytest.raises((AttributeError, TypeError, struct.error)):
        packed(kind, [object(), None])
