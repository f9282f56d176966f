"""The sandbox's memory: tables of plain objects, in the order of their making, with the few indexes that lists need."""

from collections.abc import Iterator
from typing import Final

from sandbox.stripe.wire import Obj

#: Which fields are looked up by value, kind by kind.
INDEXED: Final[dict[str, tuple[str, ...]]] = {
    "checkout.session": ("payment_intent",),
    "charge": ("payment_intent",),
    "refund": ("charge", "payment_intent"),
    "dispute": ("charge", "payment_intent"),
    "balance_transaction": ("source",),
    "transfer": ("source_transaction",),
    "application_fee": ("charge",),
    "sandbox.delivery": ("event",),
}


class Table:
    """Objects of one kind, oldest first."""

    __slots__ = ("rows", "where")

    def __init__(self) -> None:
        self.rows: list[Obj | None] = []
        self.where: dict[str, int] = {}

    def put(self, obj: Obj) -> None:
        """Add, or replace what has the same id."""
        at = self.where.get(obj["id"])
        if at is None:
            self.where[obj["id"]] = len(self.rows)
            self.rows.append(obj)
        else:
            self.rows[at] = obj

    def drop(self, object_id: str) -> None:
        """Forget one object."""
        self.rows[self.where.pop(object_id)] = None

    def newest(self, *, after: str | None = None) -> Iterator[Obj]:
        """Newest first; with `after`, those older than it."""
        start = len(self.rows) if after is None else self.where[after]
        for at in range(start - 1, -1, -1):
            if (row := self.rows[at]) is not None:
                yield row

    def oldest(self, *, after: str | None = None) -> Iterator[Obj]:
        """Oldest first; with `after`, those newer than it."""
        for at in range(0 if after is None else self.where[after] + 1, len(self.rows)):
            if (row := self.rows[at]) is not None:
                yield row

    def __len__(self) -> int:
        return len(self.where)


class Store:
    """All tables. Whoever changes an object saves it, so that indexes and the journal hear of it."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.index: dict[tuple[str, str, str], dict[str, None]] = {}
        #: What changed since it was last written down; `None` as long as nobody writes.
        self.changed: dict[tuple[str, str], None] | None = None

    def table(self, kind: str) -> Table:
        """The table of one kind."""
        found = self.tables.get(kind)
        if found is None:
            found = self.tables[kind] = Table()
        return found

    def save(self, obj: Obj) -> Obj:
        """Keep an object, new or changed."""
        kind = obj["object"]
        self.table(kind).put(obj)
        for name in INDEXED.get(kind, ()):
            if (value := obj.get(name)) is not None:
                self.index.setdefault((kind, name, value), {})[obj["id"]] = None
        if self.changed is not None:
            self.changed[kind, obj["id"]] = None
        return obj

    def find(self, kind: str, object_id: str | None) -> Obj | None:
        """An object, or None."""
        if object_id is None or (table := self.tables.get(kind)) is None:
            return None
        at = table.where.get(object_id)
        return None if at is None else table.rows[at]

    def get(self, kind: str, object_id: str) -> Obj:
        """An object that is known to exist."""
        found = self.find(kind, object_id)
        if found is None:
            raise KeyError(kind, object_id)
        return found

    def delete(self, kind: str, object_id: str) -> None:
        """Forget an object."""
        self.table(kind).drop(object_id)
        if self.changed is not None:
            self.changed[kind, object_id] = None

    def where(self, kind: str, name: str, value: str) -> list[Obj]:
        """Objects of a kind whose indexed field had this value, oldest first."""
        ids = self.index.get((kind, name, value), {})
        return [row for one in ids if (row := self.find(kind, one)) is not None and row.get(name) == value]

    def note(self, object_id: str) -> Obj:
        """What the sandbox remembers of an object and Stripe does not show. Save it after a change."""
        found = self.find("sandbox.note", object_id)
        return {"id": object_id, "object": "sandbox.note"} if found is None else found
