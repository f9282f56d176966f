"""Windows in Redis follow those in PostgreSQL; whatever Redis shows, no window ends twice, too soon, or never."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from redis import Redis

from domain.errors import GatewayUnavailable
from domain.lifecycle import Status
from domain.window_mirror import Entry, window_of
from services.expire_window import CloseByRequest
from services.mirror_windows import MirrorWindows
from tests.crashes import Died, DiesBeforeCommit
from tests.house import House, house, request

NOTHING = {"missing": 0, "wrong": 0, "stale": 0}


@pytest.fixture
def mirrored(database_url: str, redis_url: str) -> Iterator[House]:
    """A house that has a Redis."""
    with house(database_url, REDIS_URL=redis_url) as home:
        yield home
        assert home.app.check_invariants() == []


@pytest.fixture
def redis(redis_url: str) -> Iterator["Redis"]:
    with Redis.from_url(redis_url) as client:
        yield client


def key(session_id: UUID) -> str:
    return f"payment:window:{session_id}"


def shows(home: House, *session_ids: UUID) -> bool:
    windows = [window_of(home.payment(one).session) for one in session_ids]
    entries = home.app.mirror_windows.mirror.read(session_ids)
    now = home.time.at
    return all(entry.is_right(window, now) for entry, window in zip(entries, windows, strict=True))


def repairs(home: House, meanwhile: Callable[[], object] = lambda: None) -> Mapping[str, int]:
    return MirrorWindows(**_parts(home), pause=lambda _seconds: meanwhile() and None).compare()


def test_a_window_is_shown_as_soon_as_it_is_committed(mirrored: House) -> None:
    session_id = mirrored.require()
    assert shows(mirrored, session_id)
    mirrored.time.forward(seconds=30)
    mirrored.app.open_checkouts()
    assert shows(mirrored, session_id)
    assert mirrored.payment(session_id).session.window_version == 2
    assert repairs(mirrored) == NOTHING


def _paid(home: House, session_id: UUID) -> None:
    home.pay(session_id)
    home.hear()


def _expired(home: House, _session_id: UUID) -> None:
    home.forward(hours=24, seconds=11)
    home.app.expire_windows()


def _closed(home: House, session_id: UUID) -> None:
    home.app.close_by_request(session_id, "admin:alice")


@pytest.mark.parametrize("end", [_paid, _expired, _closed])
def test_when_a_session_is_over_nothing_of_it_is_shown(
    mirrored: House, redis: "Redis", end: Callable[[House, UUID], None]
) -> None:
    end(mirrored, mirrored.opened())
    assert redis.keys("payment:window*") == []
    assert repairs(mirrored) == NOTHING


def test_what_was_not_committed_is_not_shown(mirrored: House, redis: "Redis") -> None:
    session_id = mirrored.require()
    redis.flushdb()
    dying = CloseByRequest(DiesBeforeCommit(mirrored.app.store.begin, 1), mirrored.time)
    with pytest.raises(Died):
        dying(session_id, "admin:alice")
    assert redis.keys("payment:window*") == []
    assert repairs(mirrored) == NOTHING | {"missing": 1}


def test_a_commit_that_changes_no_window_shows_none(mirrored: House, redis: "Redis") -> None:
    session_id = mirrored.opened()
    redis.flushdb()
    with mirrored.app.store.begin() as uow:
        payment = uow.payments.lock_one(session_id)
        assert payment is not None
        payment.note("looked_at", mirrored.time.at)
    assert redis.keys("payment:window*") == []


def test_one_commit_of_many_windows_is_one_command_for_them_and_one_for_whoever_watches(
    mirrored: House, redis: "Redis"
) -> None:
    mirrored.require()  # the script is known to the server from now on
    with redis.monitor() as monitor:
        redis.ping()
        mirrored.app.require_payments([request(auction_id=f"auction-{number}") for number in range(2, 40)])
        redis.echo("end")
        commands = []
        for line in monitor.listen():
            if line["command"].startswith("ECHO"):
                break
            if line["client_type"] != "lua" and line["db"] == redis.get_connection_kwargs()["db"]:
                commands.append(line["command"].split()[0])
    assert [one for one in commands if one not in {"PING", "HELLO", "CLIENT", "SELECT"}] == ["EVALSHA"] * 2


def test_an_emptied_redis_is_filled_again(mirrored: House, redis: "Redis") -> None:
    sessions = [mirrored.opened(auction_id=f"auction-{number}") for number in range(7)]
    mirrored.app.close_by_request(sessions.pop(), "admin:alice")
    redis.flushdb()
    few = MirrorWindows(**_parts(mirrored), batch=2, pause=_at_once)
    assert few.compare() == NOTHING | {"missing": 6}
    assert shows(mirrored, *sessions)
    assert few.compare() == NOTHING
    assert mirrored.app.mirror_windows() == 0


def _at_once(_seconds: float) -> None:
    """Nobody is committing."""


def _parts(home: House) -> dict[str, Any]:
    one = home.app.mirror_windows
    return {"begin": one.begin, "mirror": one.mirror, "observer": one.observer, "now": one.now}


def _lie(redis: "Redis", session_id: UUID, number: int) -> None:
    lies: list[Callable[[], Any]] = [
        lambda: redis.set(key(session_id), b'{"expiresAt":"2001-01-01T00:00:00+00:00","version":999}', px=10_000),
        lambda: redis.persist(key(session_id)),
        lambda: redis.pexpire(key(session_id), 60_000),
        lambda: redis.zadd("payment:windows", {str(session_id): 1}),
        lambda: (redis.delete(key(session_id)), redis.sadd(key(session_id), "x")),
        lambda: redis.zrem("payment:windows", str(session_id)),
        lambda: redis.delete(key(session_id)),
        lambda: redis.set(key(session_id), b"\xff\x00", keepttl=True),
    ]
    lies[number]()


@pytest.mark.parametrize("number", range(8))
def test_a_lie_is_found_and_mended(mirrored: House, redis: "Redis", number: int) -> None:
    liar, honest = mirrored.opened(), mirrored.opened(auction_id="auction-2")
    _lie(redis, liar, number)
    assert not shows(mirrored, liar)
    assert repairs(mirrored) == NOTHING | {"wrong": 1}
    assert shows(mirrored, liar, honest)
    assert repairs(mirrored) == NOTHING


def test_what_belongs_to_no_live_session_is_removed_and_what_is_not_ours_stays(mirrored: House, redis: "Redis") -> None:
    live, over = mirrored.opened(), mirrored.opened(auction_id="auction-2")
    mirrored.app.close_by_request(over, "admin:alice")
    redis.set(key(over), b"{}")
    redis.zadd("payment:windows", {str(over): 1, str(uuid4()): 2, "no id": 3, b"\xff": 4})
    redis.set(key(uuid4()), b"{}")
    redis.set("payment:window:no id either", b"{}")
    redis.rename(key(live), key(live).upper().replace("PAYMENT:WINDOW", "payment:window"))
    redis.set("payment:windowsill", b"x")
    redis.set("dramatiq:checkouts", b"x")
    assert repairs(mirrored) == {"missing": 0, "wrong": 1, "stale": 7}
    assert shows(mirrored, live)
    assert {one for one in redis.scan_iter() if not one.startswith(b"payment:status:")} == {
        key(live).encode(),
        b"payment:windows",
        b"payment:windowsill",
        b"dramatiq:checkouts",
    }


def test_a_set_that_is_no_set_is_made_anew(mirrored: House, redis: "Redis") -> None:
    session_id = mirrored.opened()
    redis.set("payment:windows", "a string")
    assert repairs(mirrored) == NOTHING | {"wrong": 1}
    assert shows(mirrored, session_id)


def _emptied(redis: "Redis", _due: UUID, _waiting: UUID) -> None:
    redis.flushdb()


def _full_of_lies(redis: "Redis", due: UUID, waiting: UUID) -> None:
    for session_id, end, score in ((due, "2100-01-01", 4e12), (waiting, "2001-01-01", 1.0)):
        redis.set(key(session_id), f'{{"expiresAt":"{end}T00:00:00+00:00","version":7}}')
        redis.zadd("payment:windows", {str(session_id): score})


def _full_of_foreign_keys(redis: "Redis", due: UUID, waiting: UUID) -> None:
    redis.rename(key(waiting), key(uuid4()))
    redis.delete("payment:windows")
    redis.sadd("payment:windows", str(due))
    for number in range(20):
        redis.set(key(uuid4()), b"{}")
        redis.rpush(f"payment:window:{number}", "x")


@pytest.mark.parametrize("spoil", [_emptied, _full_of_lies, _full_of_foreign_keys])
@pytest.mark.parametrize("reconciled", [False, True])
def test_whatever_redis_shows_each_window_ends_once_and_at_its_end(
    mirrored: House, redis: "Redis", spoil: Callable[["Redis", UUID, UUID], None], *, reconciled: bool
) -> None:
    due = mirrored.opened()
    mirrored.forward(hours=2)
    waiting = mirrored.opened(auction_id="auction-2")
    mirrored.forward(hours=22, seconds=30)
    spoil(redis, due, waiting)
    for _ in range(3):
        if reconciled:
            repairs(mirrored)
        mirrored.work()

    assert mirrored.payment(due).session.status is Status.EXPIRED
    assert mirrored.payment(waiting).session.status is Status.PENDING
    assert mirrored.actions(due).count("payment_expired") == 1
    assert mirrored.told() == ["auction.payment_pending", "auction.reopened"]
    assert mirrored.told("auction-2") == ["auction.payment_pending"]
    if reconciled:
        assert shows(mirrored, waiting)
        assert repairs(mirrored) == NOTHING


class LooksAway:
    """A mirror in which somebody does something between a look and what follows from it."""

    def __init__(self, mirror: Any, meanwhile: Callable[[], object]) -> None:
        self._mirror = mirror
        self._meanwhile = meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._mirror, name)

    def read(self, session_ids: list[UUID]) -> list[Entry]:
        entries: list[Entry] = self._mirror.read(session_ids)
        self._meanwhile()
        return entries


def test_a_session_that_ends_while_it_is_compared_is_not_brought_back(mirrored: House, redis: "Redis") -> None:
    session_id = mirrored.opened()
    redis.flushdb()
    parts = _parts(mirrored)
    parts["mirror"] = LooksAway(parts["mirror"], lambda: mirrored.app.close_by_request(session_id, "admin:alice"))
    assert MirrorWindows(**parts, pause=_at_once).compare() == NOTHING
    assert redis.keys("payment:window*") == []


def test_a_window_that_changes_while_it_is_compared_is_shown_as_it_is_after(mirrored: House, redis: "Redis") -> None:
    session_id = mirrored.require()
    redis.flushdb()
    parts = _parts(mirrored)
    parts["mirror"] = LooksAway(parts["mirror"], mirrored.app.open_checkouts)
    mirrored.time.forward(seconds=30)
    assert MirrorWindows(**parts, pause=_at_once).compare() == NOTHING
    assert shows(mirrored, session_id)


def _requires(home: House, _session_id: UUID) -> None:
    home.require(auction_id="auction-2")


def _opens(home: House, _session_id: UUID) -> None:
    home.time.forward(seconds=30)
    home.app.open_checkouts()


@pytest.mark.parametrize("act", [_requires, _opens, _closed])
def test_a_commit_whose_window_is_about_to_be_shown_is_no_mistake(
    mirrored: House, redis: "Redis", act: Callable[[House, UUID], None]
) -> None:
    session_id = mirrored.require()
    before = {name: redis.dump(name) for name in redis.scan_iter()}
    act(mirrored, session_id)
    after = {name: redis.dump(name) for name in redis.scan_iter()}
    lives = {name: redis.pttl(name) for name in after}

    def show(values: dict[Any, Any]) -> None:
        redis.flushdb()
        for name, value in values.items():
            redis.restore(name, max(lives.get(name, 0), 0), value)  # type: ignore[type-var]

    lives |= {name: 86_400_000 for name in before if name not in lives}
    show(before)
    assert repairs(mirrored, lambda: show(after)) == NOTHING
    assert {name: redis.dump(name) for name in redis.scan_iter()} == after


def test_while_redis_is_away_payments_go_on_and_the_comparison_waits(home: House) -> None:
    session_id = home.opened()
    home.pay(session_id)
    home.hear()
    assert home.payment(session_id).session.status is Status.COMPLETED
    with pytest.raises(GatewayUnavailable):
        home.app.mirror_windows()
