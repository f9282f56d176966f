"""What many ask for at the same time, loaded together."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Gathered(Generic[K, V]):
    """Loads values by their keys. Belongs to one event loop.

    Who asks for what is being loaded, or is about to be, shares it. Who asks when nothing is under way is served at
    once; keys that come meanwhile are loaded together next.

    Args:
        load: gives for each key its value, or the error that those get who asked for it. What it raises all get.
        most: keys in one load.
    """

    def __init__(self, load: Callable[[Sequence[K]], Awaitable[Mapping[K, V | Exception]]], *, most: int) -> None:
        self._load = load
        self._most = most
        self._answers: dict[K, asyncio.Future[V]] = {}
        #: Keys that no load has taken yet.
        self._waiting: list[K] = []
        self._loading: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V:
        """The value of a key, from a load that ends after this was asked.

        Raises:
            Exception: what the load gave for this key, or raised.
        """
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = asyncio.get_running_loop().create_future()
            self._waiting.append(key)
            if self._loading is None or self._loading.done():
                self._loading = asyncio.create_task(self._load_all())
        # Whoever leaves must not take it from the others.
        return await asyncio.shield(answer)

    async def _load_all(self) -> None:
        while self._waiting:
            keys, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            found: Mapping[K, V | Exception]
            try:
                found = await self._load(keys)
            except Exception as error:  # noqa: BLE001 - it belongs to those who asked
                found = dict.fromkeys(keys, error)
            for key in keys:
                self._answer(self._answers.pop(key), found[key])

    @staticmethod
    def _answer(answer: asyncio.Future[V], value: V | Exception) -> None:
        if isinstance(value, Exception):
            answer.set_exception(value)
            answer.exception()  # all who asked may have left
        else:
            answer.set_result(value)
