"""Lines that differ in a few fields only: what they share is prepared once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

#: The field in which they travel. Its name is ours: nobody may log another value under it.
FIELD: Final = "alike"


class Alike(tuple[Mapping[str, Any], ...]):
    """The own fields of each of several lines."""

    __slots__ = ()


def log_alike(tell: Callable[..., Any], event: str, own: Sequence[Mapping[str, Any]], /, **shared: Any) -> None:
    """Log a line for each of these, with what they share.

    Args:
        tell: a method of a logger, such as `log.info`.
        event: their name.
        own: the fields that each has for itself.
        shared: the fields that all have.
    """
    if len(own) == 1:
        tell(event, **(shared | dict(own[0])))
    elif own:
        tell(event, **shared, **{FIELD: Alike(own)})
