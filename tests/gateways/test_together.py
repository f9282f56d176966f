import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis import Redis
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from gateways.allowances import Allowance, AwaitedAllowances, SharedAllowances
from gateways.together import Together
from gateways.window_mirror import connect

NOWHERE = "redis://127.0.0.1:1/0"
FEW = Allowance(rate=0.001, most=3)


@asynccontextmanager
async def asking(url: str) -> AsyncIterator[Together]:
    together = Together(ConnectionPool.from_url(url).make_connection())
    yield together
    await together.close()


def test_questions_at_the_same_time_are_answered_each_with_its_own(redis_url: str) -> None:
    async def scene() -> None:
        async with asking(redis_url) as together:
            await asyncio.gather(*(together.ask("SET", f"k{n}", n) for n in range(20)))
            answers = await asyncio.gather(
                *(together.ask("GET", f"k{n}") for n in range(20)), together.ask("INCR"), return_exceptions=True
            )
            assert answers[:20] == [b"%d" % n for n in range(20)]
            assert isinstance(answers[20], RedisError)
            waits = asyncio.ensure_future(together.ask("GET", "k1"))
            await asyncio.sleep(0)
            waits.cancel()
            assert await together.ask("GET", "k2") == b"2"
            with Redis.from_url(redis_url) as admin:
                admin.client_kill_filter(_id=await together.ask("CLIENT", "ID"))
            assert await together.ask("GET", "k3") == b"3"

    asyncio.run(scene())


def test_those_who_wait_share_the_buckets_of_those_who_do_not(redis_url: str) -> None:
    shared = SharedAllowances(connect(redis_url))

    async def scene() -> None:
        async with asking(redis_url) as together:
            awaited = AwaitedAllowances(together.run)
            assert await awaited.take("a", FEW) == 0
            assert shared.take("a", FEW) == 0
            assert await awaited.take("a", FEW) == 0
            assert await awaited.take("a", FEW) == pytest.approx(1000, abs=1)
            assert shared.take("a", FEW) > 0

    asyncio.run(scene())
    shared.close()


def test_while_redis_is_away_buckets_are_kept_here() -> None:
    async def scene() -> None:
        async with asking(NOWHERE) as together:
            alone = AwaitedAllowances(together.ask, lambda: 0.0)
            assert [await alone.take("a", FEW) == 0 for _ in range(4)] == [True, True, True, False]

    asyncio.run(scene())
