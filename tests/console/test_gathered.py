"""What many ask for at the same time."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from console.live.gathered import Gathered


class Shelf:
    """Gives each key times ten, when it is let go on; keys below nothing are not there."""

    def __init__(self) -> None:
        self.loads: list[list[int]] = []
        self.go_on = asyncio.Event()

    async def load(self, keys: Sequence[int]) -> Mapping[int, int | Exception]:
        self.loads.append(list(keys))
        await self.go_on.wait()
        if 13 in keys:
            raise ConnectionError
        return {key: key * 10 if key >= 0 else LookupError(key) for key in keys}


def test_what_is_asked_for_meanwhile_is_loaded_together_and_once() -> None:
    async def scene() -> None:
        shelf = Shelf()
        gathered = Gathered(shelf.load, most=3)
        first = asyncio.ensure_future(gathered.get(1))
        await asyncio.sleep(0.01)
        others = [asyncio.ensure_future(gathered.get(key)) for key in (1, 2, 3, -4, 2, 5)]
        await asyncio.sleep(0.01)
        others[1].cancel()  # who leaves takes nothing from the others
        shelf.go_on.set()

        answers = await asyncio.gather(first, *others, return_exceptions=True)

        assert shelf.loads == [[1], [2, 3, -4], [5]]
        assert [answer for answer in answers if isinstance(answer, int)] == [10, 10, 30, 20, 50]
        assert isinstance(answers[4], LookupError)
        assert await gathered.get(1) == 10  # nothing is remembered
        assert shelf.loads[3:] == [[1]]

    asyncio.run(scene())


def test_a_load_that_fails_fails_for_those_who_waited_for_it_alone() -> None:
    async def scene() -> None:
        shelf = Shelf()
        gathered = Gathered(shelf.load, most=2)
        shelf.go_on.set()
        asked = [asyncio.ensure_future(gathered.get(key)) for key in (13, 1, 2)]

        answers = await asyncio.gather(*asked, return_exceptions=True)

        assert [type(answer) for answer in answers] == [ConnectionError, ConnectionError, int]
        with pytest.raises(ConnectionError):
            await gathered.get(13)

    asyncio.run(scene())
