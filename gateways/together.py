"""Questions to Redis that come at the same time, in one round trip."""

import asyncio
from typing import Any

from redis.asyncio import Redis


class Together:
    """Asks Redis in pipelines: what is asked while an answer is under way goes with the next.

    A question alone goes at once. It belongs to one event loop.
    """

    def __init__(self, client: "Redis") -> None:
        self._client = client
        self._waiting: list[tuple[tuple[Any, ...], asyncio.Future[Any]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def ask(self, *command: Any) -> Any:
        """Redis' answer to a command.

        Raises:
            RedisError, OSError: it is away, or refuses.
        """
        answer = asyncio.get_running_loop().create_future()
        self._waiting.append((command, answer))
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask_all())
        return await answer

    async def _ask_all(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting, []
                answers = await self._answers([command for command, _ in asked])
                for (_, waits), answer in zip(asked, answers, strict=True):
                    if waits.done():
                        continue  # whoever asked has left
                    if isinstance(answer, Exception):
                        waits.set_exception(answer)
                    else:
                        waits.set_result(answer)
        finally:
            self._asking = None

    async def _answers(self, commands: list[tuple[Any, ...]]) -> list[Any]:
        pipeline = self._client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        try:
            answers: list[Any] = await pipeline.execute(raise_on_error=False)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to those who asked
            return [error] * len(commands)
        return answers
