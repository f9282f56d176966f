"""Lists inside objects."""

from sandbox.stripe.wire import Obj


def empty_list(url: str) -> Obj:
    """A list without elements."""
    return list_of([], url)


def list_of(data: list[Obj], url: str, *, has_more: bool = False) -> Obj:
    """A list object."""
    return {"object": "list", "data": data, "has_more": has_more, "url": url}
