"""How a long-lived process keeps its memory."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from runtime import memory


class Knot:
    """Something that holds itself."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_what_is_there_is_not_looked_at_again_and_what_comes_later_is_still_freed() -> None:
    memory.settle()
    assert gc.get_freeze_count() > 0
    later = weakref.ref(Knot())
    for _ in range(gc.get_threshold()[0] + 1):
        _ = [[]]
    gc.collect(0)
    assert later() is None
