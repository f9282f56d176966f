"""How far long work has come, told to whoever watches."""

from collections.abc import Callable

#: Hears what is being done, how much of it is done, and how much there is (None: nobody knows).
Progress = Callable[[str, int, int | None], None]


def unwatched(_what: str, _done: int, _total: int | None) -> None:
    """Nobody watches."""
