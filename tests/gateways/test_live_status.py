"""Changes and kept statuses in a real Valkey: what is told, what is stale, and what happens where Redis is away."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import suppress
from uuid import UUID, uuid4

import pytest
from redis import Redis
from structlog.testing import capture_logs

from gateways.changes import CHANNEL, KEY, RedisChanges, read, written
from gateways.live_status import LiveStatus
from gateways.window_mirror import connect

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def redis(redis_url: str) -> Iterator["Redis"]:
    with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def changes(redis_url: str) -> Iterator[RedisChanges]:
    changes = RedisChanges(connect(redis_url))
    yield changes
    changes.close()


def test_a_change_forgets_what_is_kept_and_is_told_with_ids_and_versions_alone(
    redis: "Redis", changes: RedisChanges
) -> None:
    one, other = uuid4(), uuid4()
    redis.set(f"{KEY}{one}", "6 {}")
    redis.set(f"{KEY}{other}", "9 {}")
    with redis.pubsub() as channel:
        channel.subscribe(CHANNEL)
        channel.get_message(timeout=20)

        changes.tell({one: 7, other: 9})

        told = None
        while told is None or str(one).encode() not in told["data"]:  # channels have no database of their own
            told = channel.get_message(ignore_subscribe_messages=True, timeout=20)
            assert told is not None
    assert told["data"] == f"{one}:7 {other}:9".encode()
    assert redis.get(f"{KEY}{one}") == b"7"
    assert 0 < redis.pttl(f"{KEY}{one}") <= 2000  # type: ignore[operator]
    assert redis.get(f"{KEY}{other}") == b"9 {}", "who read it after the commit was right"


def test_many_changes_are_told_in_steps(redis: "Redis", changes: RedisChanges) -> None:
    many = {uuid4(): number for number in range(450)}

    changes.tell(many)

    kept = redis.mget([f"{KEY}{session_id}" for session_id in many])  # at once: it is not kept for long
    assert {int(one or -1) for one in kept} == set(range(450))


def test_what_is_said_is_read_and_nonsense_is_refused() -> None:
    some = [(uuid4(), 1), (uuid4(), 22)]

    assert read(written(some).encode()) == dict(some)
    for nonsense in (b"x", b"1:2:3", b"\xff", f"{uuid4()}:x".encode()):
        with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
            read(nonsense)


def test_a_status_read_before_a_change_is_not_kept_after_it(redis_url: str, changes: RedisChanges) -> None:
    async def story() -> None:
        live, session_id = LiveStatus(redis_url), uuid4()
        assert await live.read(session_id) is None
        await live.keep(session_id, 3, b"{}", 2000)
        assert await live.read(session_id) == (3, b"{}")

        changes.tell({session_id: 4})
        assert await live.read(session_id) == (4, b"")
        await live.keep(session_id, 3, b"{old}", 2000)
        assert await live.read(session_id) == (4, b"")
        await live.keep(session_id, 4, b"{new}", 2000)
        assert await live.read(session_id) == (4, b"{new}")
        await live.close()

    asyncio.run(story())


def test_what_is_kept_dies_by_itself(redis_url: str) -> None:
    async def story() -> None:
        live, session_id = LiveStatus(redis_url), uuid4()
        await live.keep(session_id, 3, b"{}", 20)
        async with asyncio.timeout(10):
            while await live.read(session_id):  # noqa: ASYNC110 - Redis lets it die, and tells nobody
                await asyncio.sleep(0.01)
        await live.close()

    asyncio.run(story())


def test_changes_are_heard_also_after_a_broken_connection(
    redis_url: str, redis: "Redis", changes: RedisChanges
) -> None:
    async def story() -> None:
        live, session_id = LiveStatus(redis_url), uuid4()
        heard: asyncio.Queue[int] = asyncio.Queue()

        def hear(news: Mapping[UUID, int]) -> None:
            if session_id in news:  # others are told of as well
                heard.put_nowait(news[session_id])

        states: asyncio.Queue[bool] = asyncio.Queue()
        following = asyncio.create_task(live.follow(hear, states.put_nowait))
        async with asyncio.timeout(30):
            assert await states.get() is True
            redis.publish(CHANNEL, "nonsense")
            changes.tell({session_id: 1})
            assert await heard.get() == 1

            redis.client_kill_filter(_type="pubsub")
            assert await states.get() is False
            assert await states.get() is True
            changes.tell({session_id: 2})
            assert await heard.get() == 2
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        await live.close()

    asyncio.run(story())


def test_a_redis_that_is_away_costs_one_try_and_one_line() -> None:
    async def story() -> None:
        live = LiveStatus(NOWHERE)
        assert await live.read(uuid4()) is None
        await live.keep(uuid4(), 1, b"{}", 2000)
        await live.close()

    changes = RedisChanges(connect(NOWHERE))
    with capture_logs() as lines:
        asyncio.run(story())
        changes.tell({uuid4(): 1})
        changes.tell({uuid4(): 1})
    changes.close()

    assert [line["event"] for line in lines] == ["status_cache.away", "changes.not_told"]


def test_a_crowd_of_readers_is_no_reason_to_take_redis_for_away(redis_url: str) -> None:
    async def story() -> None:
        live, session_id = LiveStatus(redis_url), uuid4()
        await live.keep(session_id, 3, b"{}", 20_000)
        answers = await asyncio.gather(*(live.read(session_id) for _ in range(200)))
        assert set(answers) == {(3, b"{}")}
        await live.close()

    asyncio.run(story())
