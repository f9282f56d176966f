"""The mirror in a real Valkey: what it shows, what it refuses to overwrite, and what it costs where Redis is away."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from redis import Redis
from structlog.testing import capture_logs

from domain.errors import GatewayUnavailable
from domain.window_mirror import Entry, Window
from gateways.window_mirror import RedisWindowMirror, connect

NOW = datetime.now(UTC)
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def redis(redis_url: str) -> Iterator["Redis"]:
    with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def mirror(redis_url: str) -> Iterator[RedisWindowMirror]:
    mirror = RedisWindowMirror(connect(redis_url), lambda: NOW)
    yield mirror
    mirror.close()


def window(version: int = 1, *, minutes: float = 60, session_id: UUID | None = None, over: bool = False) -> Window:
    return Window(session_id or uuid4(), NOW + timedelta(minutes=minutes), version, over)


def shown(mirror: RedisWindowMirror, one: Window) -> bool:
    return mirror.read([one.session_id])[0].is_right(one, NOW)


def names(mirror: RedisWindowMirror) -> set[bytes]:
    return {name for page in mirror.pages() for name in page}


def test_a_window_is_a_key_that_dies_with_it_and_a_place_in_the_order_of_ends(
    mirror: RedisWindowMirror, redis: "Redis"
) -> None:
    later, sooner = window(minutes=20), window(minutes=10)
    mirror.write([later, sooner])
    assert redis.get(f"payment:window:{later.session_id}") == later.value
    assert 1_190_000 < redis.pttl(f"payment:window:{later.session_id}") <= 1_200_000  # type: ignore[operator]
    assert redis.zrange("payment:windows", 0, -1, withscores=True) == [
        [str(one.session_id).encode(), float(one.score)] for one in (sooner, later)
    ] or redis.zrange("payment:windows", 0, -1, withscores=True) == [
        (str(one.session_id).encode(), float(one.score)) for one in (sooner, later)
    ]
    assert shown(mirror, later)
    assert shown(mirror, sooner)


def test_a_window_that_is_over_leaves_nothing(mirror: RedisWindowMirror, redis: "Redis") -> None:
    one = window()
    mirror.write([one])
    mirror.write([one._replace(is_over=True)])
    assert redis.keys() == []


def test_a_window_past_its_end_is_pending_without_a_key(mirror: RedisWindowMirror, redis: "Redis") -> None:
    one = window(minutes=-1)
    mirror.write([one])
    assert redis.keys() == [b"payment:windows"]
    assert shown(mirror, one)


def test_an_older_version_never_replaces_a_newer_one(mirror: RedisWindowMirror) -> None:
    newer = window(3, minutes=90)
    older = newer._replace(version=2, expires_at=NOW + timedelta(minutes=5))
    mirror.write([newer])
    mirror.write([older])
    assert shown(mirror, newer)


@pytest.mark.parametrize("lie", [b"no json", b"[1]", b"{}", b'{"version":"9"}'])
def test_what_is_no_window_is_replaced(mirror: RedisWindowMirror, redis: "Redis", lie: bytes) -> None:
    one = window()
    redis.set(f"payment:window:{one.session_id}", lie)
    mirror.write([one])
    assert shown(mirror, one)


def test_a_key_of_another_kind_is_seen_and_replaced(mirror: RedisWindowMirror, redis: "Redis") -> None:
    one = window()
    redis.rpush(f"payment:window:{one.session_id}", "x")
    (seen,) = mirror.read([one.session_id])
    assert seen.value == b""
    assert mirror.repair([(one, seen)]) == [True]
    assert shown(mirror, one)


def test_a_repair_gives_way_to_what_was_written_since_it_looked(mirror: RedisWindowMirror) -> None:
    old, missing = window(), window()
    new = old._replace(version=2, expires_at=NOW + timedelta(minutes=99))
    before = mirror.read([old.session_id, missing.session_id])
    mirror.write([new])
    assert mirror.repair(list(zip([old, missing], before, strict=True))) == [False, True]
    assert shown(mirror, new)
    assert shown(mirror, missing)


def test_everything_under_its_names_is_found_and_can_be_removed(mirror: RedisWindowMirror, redis: "Redis") -> None:
    windows = [window() for _ in range(1200)]
    mirror.write(windows)
    redis.set("payment:window:\u00e4 strange one", "x")
    redis.zadd("payment:windows", {b"\xff": 1})
    redis.set("payment:windowsill", "not ours")
    found = names(mirror)
    assert found == {str(one.session_id).encode() for one in windows} | {"\u00e4 strange one".encode(), b"\xff"}
    assert mirror.remove(sorted(found)) == 1202
    assert mirror.remove(sorted(found)) == 0
    assert redis.keys() == [b"payment:windowsill"]


def test_a_set_that_is_no_set_makes_room(mirror: RedisWindowMirror, redis: "Redis") -> None:
    one = window()
    redis.set("payment:windows", "a string")
    assert mirror.read([one.session_id]) == [Entry()]
    assert names(mirror) == set()
    mirror.write([one])
    assert shown(mirror, one)


def test_where_redis_is_away_a_write_is_one_line_in_the_log() -> None:
    mirror = RedisWindowMirror(connect(NOWHERE), lambda: NOW, quiet=0)
    with capture_logs() as lines:
        for _ in range(3):
            mirror.write([window()])
    mirror.close()
    assert [line["event"] for line in lines] == ["window_mirror.away"]


def test_a_redis_that_does_not_answer_is_left_alone_for_a_while() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mirror = RedisWindowMirror(connect(f"redis://127.0.0.1:{silent.getsockname()[1]}/0"), lambda: NOW, quiet=3600)
        mirror.write([window()])
        silent.settimeout(5)
        silent.accept()[0].close()
        mirror.write([window()])
        silent.settimeout(0)
        with pytest.raises(BlockingIOError):
            silent.accept()
        mirror.close()


def test_who_must_know_hears_that_redis_is_away() -> None:
    mirror = RedisWindowMirror(connect(NOWHERE), lambda: NOW)
    one = window()
    for ask in (
        lambda: mirror.read([one.session_id]),
        lambda: mirror.repair([(one, Entry())]),
        lambda: names(mirror),
        lambda: mirror.remove([b"x"]),
    ):
        with pytest.raises(GatewayUnavailable):
            ask()
    mirror.close()


def test_after_redis_has_come_back_windows_are_written_again(redis_url: str) -> None:
    client = connect(redis_url)
    mirror = RedisWindowMirror(client, lambda: NOW, quiet=0)
    one = window()
    with Redis.from_url(redis_url) as redis:
        redis.set("payment:windows", "in the way")
        mirror.write([one])
        redis.delete("payment:windows")
    mirror.write([one])
    assert shown(mirror, one)
    mirror.close()
