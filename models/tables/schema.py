"""What all tables share: the metadata, and how a column is marked."""

from enum import StrEnum
from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, Column, LargeBinary, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP, UUID

METADATA: Final = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)

#: Column mark: encrypted at rest as text or JSON.
SEALED: Final = "sealed"
#: Column mark: the searchable HMAC of another column.
INDEX_OF: Final = "index_of"
#: Column mark: never written again after the insert.
FROZEN: Final = "frozen"


def key(name: str = "id", **options: Any) -> Column[Any]:
    """A UUIDv7 that never changes."""
    return Column(name, UUID(as_uuid=True), nullable=False, info={FROZEN: True}, **options)


def text(name: str, *, null: bool = False, frozen: bool = False, **options: Any) -> Column[Any]:
    """Plain text."""
    return Column(name, Text, nullable=null, info={FROZEN: frozen}, **options)


def moment(name: str, *, null: bool = False, frozen: bool = False) -> Column[Any]:
    """A point in time."""
    return Column(name, TIMESTAMP(timezone=True), nullable=null, info={FROZEN: frozen})


def minor(name: str, *, null: bool = False, frozen: bool = False) -> Column[Any]:
    """Money in minor units, or another whole number."""
    return Column(name, BigInteger, nullable=null, info={FROZEN: frozen})


def json(name: str, *, frozen: bool = False) -> Column[Any]:
    """A small document."""
    return Column(name, JSONB, nullable=False, info={FROZEN: frozen})


def sealed(name: str, form: str = "text", *, null: bool = True, frozen: bool = False) -> Column[Any]:
    """An encrypted value: `text`, `json` or `bytes`."""
    return Column(name, LargeBinary, nullable=null, info={SEALED: form, FROZEN: frozen})


def index_of(source: str) -> Column[Any]:
    """The HMAC by which a sealed column is searched."""
    return Column(f"{source}_index", LargeBinary, nullable=True, info={INDEX_OF: source, FROZEN: True})


def one_of(column: str, values: type[StrEnum] | tuple[str, ...]) -> CheckConstraint:
    """The database repeats which words a column may hold."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)
