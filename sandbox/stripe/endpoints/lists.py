"""Lists: filters, cursors and pages, newest first."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from sandbox.stripe.endpoints.call import Call, Handler
from sandbox.stripe.errors import invalid, missing
from sandbox.stripe.objects.lists import list_of
from sandbox.stripe.store import INDEXED
from sandbox.stripe.wire import Obj
from sandbox.stripe.world import World

MOST = 100
PAGING = frozenset({"limit", "starting_after", "ending_before", "expand", "created"})
Wanted = Callable[[Obj], bool]


def listing(kind: str) -> Handler:
    """The endpoint that lists a kind, each parameter of its schema an exact filter on the field of that name."""

    def handler(world: World, call: Call) -> Obj:
        filters = {name: value for name, value in call.params.items() if name not in PAGING}
        return page(world, kind, call, lambda row: all(row.get(name) == value for name, value in filters.items()))

    return handler


def page(world: World, kind: str, call: Call, wanted: Wanted) -> Obj:
    """One page of the rows that are wanted."""
    params = call.params
    limit = params.get("limit", 10)
    if not 1 <= limit <= MOST:
        word = f"less than or equal to {MOST}" if limit > MOST else "greater than or equal to 1"
        raise invalid(f"Invalid integer: {limit}; this value must be {word}.", "limit", "parameter_invalid_integer")
    after, before = params.get("starting_after"), params.get("ending_before")
    if after and before:
        raise invalid("You may only specify one of these parameters: starting_after, ending_before.", "starting_after")
    for name in ("starting_after", "ending_before"):
        if params.get(name) and world.store.find(kind, params[name]) is None:
            raise missing(kind, params[name], name)
    low, high = bounds(params.get("created"))
    rows = _rows(world, kind, params)
    found = list(islice((row for row in _within(rows, low, high, forward=bool(before)) if wanted(row)), limit + 1))
    data = found[:limit]
    if before:
        data.reverse()
    return list_of(data, call.path, has_more=len(found) > limit)


def _rows(world: World, kind: str, params: Obj) -> Iterable[Obj]:
    """The rows to look at, from the cursor on; by an index where a filter has one."""
    after, before = params.get("starting_after"), params.get("ending_before")
    table = world.store.table(kind)
    if before:
        return table.oldest(after=before)
    if not after:
        for name in INDEXED.get(kind, ()):
            if isinstance(value := params.get(name), str):
                return reversed(world.store.where(kind, name, value))
    return table.newest(after=after)


def _within(rows: Iterable[Obj], low: int | None, high: int | None, *, forward: bool) -> Iterator[Obj]:
    """Rows made within the bounds; tables are in order of making, so the far bound ends the walk."""
    for row in rows:
        made = row["created"]
        if low is not None and made < low:
            if forward:
                continue
            return
        if high is not None and made > high:
            if forward:
                return
            continue
        yield row


def bounds(created: Obj | int | None) -> tuple[int | None, int | None]:
    """Inclusive bounds from `created[gte…]` or an exact `created`."""
    if created is None:
        return None, None
    if isinstance(created, int):
        return created, created
    lows = [value for value in (created.get("gte"), _step(created.get("gt"), 1)) if value is not None]
    highs = [value for value in (created.get("lte"), _step(created.get("lt"), -1)) if value is not None]
    return max(lows, default=None), min(highs, default=None)


def _step(value: int | None, by: int) -> int | None:
    return None if value is None else value + by
